"""What is counted at once is counted like one by one."""

from prometheus_client import CollectorRegistry, Histogram

from shared.metrics import Ages


def test_many_values_observed_at_once_count_like_each_alone() -> None:
    values = [0.0, 0.01, 0.0100001, 0.3, 2.0, 1e9, -1.0, 0.01]
    buckets = (0.01, 0.1, 1.0, 2.0)
    each, together = CollectorRegistry(), CollectorRegistry()
    one = Histogram("age_seconds", "Age.", ["type"], buckets=buckets, registry=each)
    many = Ages("age_seconds", "Age.", ["type"], buckets=buckets, registry=together)

    for value in values:
        one.labels("a").observe(value)
    many.labels("a").observe_all(values[:3])
    many.labels("a").observe_all(())
    many.labels("a").observe_all(values[3:])

    def told(registry: CollectorRegistry) -> list[tuple[str, object, float]]:
        samples = [sample for metric in registry.collect() for sample in metric.samples]
        return [(s.name, s.labels, s.value) for s in samples if not s.name.endswith("_created")]

    assert told(together) == told(each)
