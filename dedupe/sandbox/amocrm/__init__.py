"""amoCRM as its documentation describes it: state, reading, writing."""
