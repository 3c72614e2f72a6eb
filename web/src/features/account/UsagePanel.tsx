import { useQuery } from "@tanstack/react-query";
import { data } from "@/api/client";
import { useApi } from "@/api/context";
import { Progress } from "@/components/Progress";
import css from "./Account.module.css";
import { usageLines } from "./usage";

/** How much of this service's limits is used. Nothing where there is no limit, or while it is not known. */
export function UsagePanel() {
  const api = useApi();
  const usage = useQuery({
    queryKey: ["usage"],
    queryFn: ({ signal }) => data(api.GET("/account/usage", { signal })),
  });
  const lines = usage.data ? usageLines(usage.data) : [];
  if (!lines.length) return null;
  return (
    <section className={css.panel} aria-labelledby="usage-title">
      <h2 id="usage-title">What you have used</h2>
      {lines.map(({ text, share, until }) => (
        <div key={text}>
          <p>
            {text}. {until}
          </p>
          <Progress value={share * 100} label={text} />
        </div>
      ))}
    </section>
  );
}
