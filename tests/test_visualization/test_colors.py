"""Colours of classes."""

from mmtal.visualization.colors import class_color, class_hatch


def test_each_of_110_classes_has_a_look_of_its_own() -> None:
    looks = {(class_color(label), class_hatch(label)) for label in range(110)}
    assert len(looks) == 110
    assert len({class_color(label) for label in range(21)}) == 21
    assert {class_hatch(label) for label in range(21)} == {""}


def test_colours_are_hexadecimal() -> None:
    assert all(len(class_color(n)) == 7 and int(class_color(n)[1:], 16) >= 0 for n in range(300))
