"""The native path for clients of a role: which batches it takes whole. Oracle: the ids in the requests."""

from __future__ import annotations

from finsy.proto import p4r

from tests.fuzz.write_paths import pipeline


def test_a_batch_is_confined_if_all_of_it_is_on_the_roles_tables() -> None:
    with pipeline("table_size_full") as made:
        first, second = sorted(made.schema.tables)

        def confined(allowed: set[int], *tables: int) -> bool:
            request = p4r.WriteRequest()
            for table in tables:
                entry = request.updates.add(type=p4r.Update.DELETE).entity.table_entry
                entry.table_id = table
                if made.schema.tables.get(table) and made.schema.tables[table].has_priority:
                    entry.priority = 1
                else:
                    entry.match.add(field_id=1).exact.value = b"\1"
            return made.confined(made.decode(request.SerializeToString()), allowed)

        assert confined({first, second}, first, second, first)
        assert confined({first}, first, first)
        assert confined(set()) and confined({second})
        assert not confined({first}, first, second)
        assert not confined({second}, first, second)
        assert not confined(set(), first)
        assert not confined({first, 7}, first, 7)  # no such table: Python's
