"""Localizers: whole models, which MMEngine trains and tests."""
