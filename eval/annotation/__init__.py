"""A person's judgments: papers that runs found, pooled, graded one by one, and kept at once."""
