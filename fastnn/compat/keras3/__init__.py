"""Names that are private in Keras 3 and used all the same, and layers known by other names."""
