"""Helpers for files, text and config paths that know nothing of temporal action localization."""
