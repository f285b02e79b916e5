"""What runs plans: executors, threads, kernel packs, eager evaluation.  Its modules are imported where they are used."""
