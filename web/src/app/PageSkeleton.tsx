import { Skeleton } from "@/components/Progress";

export function PageSkeleton() {
  return (
    <div style={{ maxWidth: "60rem", margin: "0 auto", padding: 20, display: "grid", gap: 16 }} aria-busy="true">
      <Skeleton width="12rem" height="2rem" />
      <Skeleton height="5rem" />
      <Skeleton height="5rem" />
    </div>
  );
}
