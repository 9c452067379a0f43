"""Tests of imports share a kind of table made up for them."""
