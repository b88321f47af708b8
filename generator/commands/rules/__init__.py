"""The rules of `wfgen check`, listed and explained."""
