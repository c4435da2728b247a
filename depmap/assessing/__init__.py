"""What the dependencies mean: impact of a failure, hidden dependencies, coverage."""
