"""Reading and writing accounts; the only room that speaks HTTP."""
