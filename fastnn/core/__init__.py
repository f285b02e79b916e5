"""What everything else stands on: errors, configuration, types, shapes, random numbers, the JIT door."""
