"""depmap: the dependencies between services, from all the evidence there is."""
