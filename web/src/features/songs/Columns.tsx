import { ArrowDown, ArrowUp } from "lucide-react";
import { after, type Sort } from "./sorting";
import css from "./Columns.module.css";

const COLUMNS = [
  { column: "title", label: "Title" },
  { column: "bpm", label: "BPM" },
  { column: "key", label: "Key" },
  { column: "length", label: "Length" },
] as const;

/** The headings of the list on wide screens: each sorts by its column. */
export function Columns({ sort, onSort }: { sort: Sort; onSort(sort: Sort): void }) {
  return (
    <div className={css.columns} role="group" aria-label="Sort by column">
      {COLUMNS.map(({ column, label }) => {
        const up = sort === column;
        const down = sort === `-${column}`;
        return (
          <button
            key={column}
            type="button"
            className={css[column]}
            aria-pressed={up || down}
            aria-label={`${label}${up ? ", smallest first" : down ? ", greatest first" : ""}`}
            onClick={() => onSort(after(column, sort))}
          >
            {label}
            {up && <ArrowUp size={14} aria-hidden="true" />}
            {down && <ArrowDown size={14} aria-hidden="true" />}
          </button>
        );
      })}
      <span className={css.added} aria-hidden="true">
        Added
      </span>
    </div>
  );
}
