"""How well a model reads: cases with what is right, scores, calibration, pictures, reports."""
