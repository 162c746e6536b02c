//! Nothing: what this package shows is in its tests.
