"""The engine of crmclean: a typed library that never prints and never imports click."""
