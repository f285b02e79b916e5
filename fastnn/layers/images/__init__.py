"""Layers of images: sizes, random variants, and what belongs to an image with it (labels, boxes, masks)."""
