// One machine, one set of devices: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
