import { Skeleton } from "@/components/Progress";
import css from "./SongRow.module.css";

/** Places where songs will be. */
export function RowSkeletons({ count, label }: { count: number; label: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={css.row}>
          <Skeleton width="52px" height="52px" />
          <div className={css.main}>
            <Skeleton width={`${38 + ((index * 17) % 30)}%`} />
            <Skeleton width="24%" height="0.8em" />
          </div>
        </div>
      ))}
    </div>
  );
}
