"""OpenTAD's names of the parameters of a :class:`ScanPyramid`."""

from mmtal.checkpoints.names import Rule

_SSM = {
    "A{mark}_log": "log_rate",
    "D{mark}": "skip",
    "conv1d{mark}.{{p}}": "conv.{{p}}",
    "x_proj{mark}.weight": "coefficients.weight",
    "dt_proj{mark}.{{p}}": "step.{{p}}",
}


def opentad_rules(mixer: str) -> tuple[Rule, ...]:
    """Rules beside those of ActionFormer.

    Args:
        mixer: What OpenTAD calls a block's mixer.
    """
    block = "{part}.{i}."
    names = {
        f"{mixer}.{name}.{{p}}": f"mixer.{name}.{{p}}" for name in ("in_proj", "out_proj", "qkv")
    }
    for mark, layer in (("", "ssm"), ("_b", "back_ssm")):
        for theirs, ours in _SSM.items():
            names[f"{mixer}.{theirs.format(mark=mark)}"] = f"mixer.{layer}.{ours.format()}"
    return (
        Rule(f"projection.{block}norm.{{p}}", f"backbone.{block}norm.{{p}}"),
        Rule(f"projection.{block}drop_path.scale", f"backbone.{block}drop_path.scale", (1, 1)),
        *(Rule(f"projection.{block}{t}", f"backbone.{block}{o}") for t, o in names.items()),
    )
