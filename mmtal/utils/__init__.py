"""Helpers for files, text and errors that know nothing of temporal action localization.

Everything may import them.
"""


def register_all_modules(init_default_scope: bool = True) -> None:
    """Register every component of mmtal and of the installed plugins, as OpenMMLab's users expect.

    Only code that looks names up in MMEngine's own registries needs it: configs and mmtal's
    registries (:mod:`mmtal.registry`) register what they look up.

    Args:
        init_default_scope: Make ``mmtal`` the scope in which MMEngine looks names up.
    """
    from mmengine.registry import init_default_scope as init_scope

    from mmtal import registry

    for child in vars(registry).values():
        if isinstance(child, registry.TALRegistry):
            child.import_from_location()
    if init_default_scope:
        init_scope("mmtal")
