"""Registries of mmtal: one child of each MMEngine registry, scope ``mmtal``.

A registry kind that mmtal adds nothing to has a child as well, since MMEngine logs a warning for
every kind that the default scope lacks. The first look-up in a registry imports the modules that
register its components, and the installed plugins (:mod:`mmtal.plugins`).
"""

import difflib
from collections.abc import Mapping
from typing import Any

from mmtal.plugins import FAILED, load_plugins
from mmtal.utils.errors import import_hints

with import_hints():
    from mmengine import registry as _engine
    from mmengine.registry import Registry


class TALRegistry(Registry):
    """A registry whose error for an unknown ``type`` says what the user may have meant."""

    def import_from_location(self) -> None:
        """Import what registers this registry's components: mmtal's own modules, then plugins."""
        super().import_from_location()
        load_plugins()

    def get(self, key: str) -> type:
        """Return what is registered as ``key`` here or in a parent.

        Raises:
            KeyError: Nothing is; the message names the closest registered names.
        """
        found = self._find(key)
        if found is None:
            raise KeyError(self._unknown(key))
        return found

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def names(self) -> list[str]:
        """All names that this registry can build, its parents' included."""
        names: set[str] = set()
        registry: Registry | None = self
        while registry is not None:
            registry.import_from_location()
            names.update(registry.module_dict)
            registry = registry.parent
        return sorted(names)

    def _find(self, key: str) -> type | None:
        # Of a name that nobody has, MMEngine searches the disk for a module, each time again.
        if isinstance(key, str) and "." not in key and not self._is_registered(key):
            return None
        try:
            return super().get(key)
        except RuntimeError:
            return None

    def _is_registered(self, name: str) -> bool:
        self.import_from_location()
        registry: Registry | None = self
        while registry is not None and name not in registry.module_dict:
            registry = registry.parent
        return registry is not None

    def _unknown(self, key: str) -> str:
        by_lower = {name.lower(): name for name in self.names()}
        close = difflib.get_close_matches(key.rsplit(".", 1)[-1].lower(), by_lower, n=3, cutoff=0.5)
        hint = " or ".join(by_lower[name] for name in close)
        failed = "; ".join(f"{name} ({reason})" for name, reason in FAILED.items())
        return (
            f"type='{key}' is not registered as a {self.name}. "
            + (f"Did you mean {hint}? " if hint else "")
            + "If it belongs to a plugin, import the plugin's module in the config: "
            "custom_imports = dict(imports=['projects.my_project.my_module'])"
            + (f". Plugins that failed to import: {failed}" if failed else "")
        )


def _child(parent: Registry, *locations: str) -> TALRegistry:
    return TALRegistry(parent.name, parent=parent, scope="mmtal", locations=list(locations))


def is_kind_of(config: Mapping[str, Any], name: str, registry: Registry) -> bool:
    """Whether a component's config builds the class registered as ``name``, or a subclass.

    Args:
        config: Its ``type`` is a registered name or a class.
        name: A registered name.
        registry: Of both.

    Raises:
        KeyError: Its ``type`` is not registered.
    """
    kind = config.get("type")
    kind = registry.get(kind) if isinstance(kind, str) else kind
    return isinstance(kind, type) and issubclass(kind, registry.get(name))


DATASETS = _child(_engine.DATASETS, "mmtal.datasets")
DATA_SAMPLERS = _child(_engine.DATA_SAMPLERS, "mmtal.datasets")
TRANSFORMS = _child(_engine.TRANSFORMS, "mmtal.datasets")
MODELS = _child(_engine.MODELS, "mmtal.models")
TASK_UTILS = _child(_engine.TASK_UTILS, "mmtal.models")
METRICS = _child(_engine.METRICS, "mmtal.evaluation.metrics")
HOOKS = _child(_engine.HOOKS, "mmtal.engine")
VISUALIZERS = _child(_engine.VISUALIZERS, "mmtal.visualization")
INFERENCERS = _child(_engine.INFERENCERS, "mmtal.inference")
OPTIM_WRAPPER_CONSTRUCTORS = _child(_engine.OPTIM_WRAPPER_CONSTRUCTORS, "mmtal.engine")
WEIGHT_INITIALIZERS = _child(_engine.WEIGHT_INITIALIZERS, "mmtal.checkpoints.pretrained")

# The aliases, all of them. A part of a model is registered as a model: HEADS.get("FPN") finds the
# neck, and two parts cannot have one name. What a config's `val_evaluator` lists are METRICS.
BACKBONES = NECKS = HEADS = LOSSES = MODELS
EVALUATORS = METRICS

# Kinds that mmtal adds nothing to. EVALUATOR is MMEngine's: the class that runs the metrics.
EVALUATOR = _child(_engine.EVALUATOR)
RUNNERS = _child(_engine.RUNNERS)
RUNNER_CONSTRUCTORS = _child(_engine.RUNNER_CONSTRUCTORS)
LOOPS = _child(_engine.LOOPS)
STRATEGIES = _child(_engine.STRATEGIES)
MODEL_WRAPPERS = _child(_engine.MODEL_WRAPPERS)
OPTIMIZERS = _child(_engine.OPTIMIZERS)
OPTIM_WRAPPERS = _child(_engine.OPTIM_WRAPPERS)
PARAM_SCHEDULERS = _child(_engine.PARAM_SCHEDULERS)
VISBACKENDS = _child(_engine.VISBACKENDS)
LOG_PROCESSORS = _child(_engine.LOG_PROCESSORS)
FUNCTIONS = _child(_engine.FUNCTIONS)
