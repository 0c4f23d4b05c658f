"""A flow's graph as a picture: laid out once, written as SVG or as Mermaid text."""
