"""Statements compiled once: to build one anew costs more than to carry it out.

The writer binds whole batches to them, on the driver's own cursor and inside SQLAlchemy's transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Executable, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]


class Statement:
    """One statement; `build` makes it for a dialect's name, `names` are the columns it is given."""

    def __init__(self, build: Callable[[str], Any], names: Iterable[str] = ()) -> None:
        self._build = build
        self._names = list(names)
        self._compiled: dict[str, _Compiled] = {}

    def many(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Carry it out for each row."""
        if rows:
            compiled = self._for(connection)
            cursor = connection.connection.cursor()
            cursor.executemany(compiled.sql, [compiled.bind(row) for row in rows])
            cursor.close()

    def each(self, connection: Connection, rows: Iterable[Row]) -> list[Any]:
        """Carry it out for each row; the first row each gives, or None."""
        found = []
        compiled = self._for(connection)
        cursor = connection.connection.cursor()
        for row in rows:
            cursor.execute(compiled.sql, compiled.bind(row))
            found.append(cursor.fetchone())
        cursor.close()
        return found

    def all(self, connection: Connection, row: Row) -> list[tuple[Any, ...]]:
        """Carry it out for one row; every row it gives, in the driver's own values."""
        compiled = self._for(connection)
        cursor = connection.connection.cursor()
        cursor.execute(compiled.sql, compiled.bind(row))
        found = [tuple(values) for values in cursor.fetchall()]
        cursor.close()
        return found

    def bound(self, connection: Connection, row: Row) -> tuple[Any, ...]:
        """The row's values as the driver is given them."""
        return self._for(connection).bind(row)

    def _for(self, connection: Connection) -> "_Compiled":
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._build(name), connection, self._names)
        return self._compiled[name]


class _Compiled:
    """The driver's text of a statement, and how a row becomes its parameters."""

    def __init__(self, statement: Executable, connection: Connection, names: list[str]) -> None:
        compiled: Any = statement.compile(  # type: ignore[attr-defined]
            dialect=connection.dialect, column_keys=names or None
        )
        self.sql = compiled.string
        order = compiled.positiontup
        assert order is not None, "a driver whose parameters have places"
        self._parts = [(name, compiled._bind_processors.get(name)) for name in order]
        self._defaults = compiled.params

    def bind(self, row: Row) -> tuple[Any, ...]:
        """The row's values in the statement's order."""
        try:
            return tuple([process(row[name]) if process else row[name] for name, process in self._parts])
        except KeyError:
            whole = {**self._defaults, **row}
            return tuple([process(whole[name]) if process else whole[name] for name, process in self._parts])


def insert_for(dialect: str, table: Table) -> Any:
    """An insert that can say what happens on a conflict."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def upsert(table: Table, names: Iterable[str], only: tuple[str, ...] = ()) -> Statement:
    """Insert a row, or put its values (or `only` some of them) in place of those that stand there."""
    given = list(names)
    key = [column.name for column in table.primary_key]

    def build(dialect: str) -> Any:
        statement = insert_for(dialect, table)
        replaced = only or tuple(name for name in given if name not in key)
        return statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in replaced}
        )

    return Statement(build, given)


class RowsOf:
    """The rows that one owner has in a table, put right by writing only those that differ."""

    def __init__(self, table: Table, owner: Column[Any]) -> None:
        names = table.c.keys()
        primary = list(table.primary_key)
        key = [column.name for column in primary]
        self._owner = owner.name
        self._key = [names.index(name) for name in key]
        self._names = key
        self._stored = Statement(lambda _: select(table).where(owner == bindparam(owner.name)), [owner.name])
        self._put = upsert(table, names)
        # Every column in the table's order, to be held against what is stored.
        self._values = Statement(lambda dialect: insert_for(dialect, table), names)
        self._drop = Statement(
            lambda _: delete(table).where(
                *(column == bindparam(f"of_{column.name}") for column in table.primary_key)
            )
        )

    def become(self, connection: Connection, owner: str, rows: Sequence[Row]) -> None:
        """Make these the owner's rows, and no others."""
        stored = {self._key_of(one): one for one in self._stored.all(connection, {self._owner: owner})}
        wanted = [(row, self._values.bound(connection, row)) for row in rows]
        self._put.many(connection, [row for row, one in wanted if stored.get(self._key_of(one)) != one])
        needless = stored.keys() - {self._key_of(one) for _, one in wanted}
        names = [f"of_{name}" for name in self._names]
        self._drop.many(connection, [dict(zip(names, key, strict=True)) for key in sorted(needless)])

    def _key_of(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[place] for place in self._key)
