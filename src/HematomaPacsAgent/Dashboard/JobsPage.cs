using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Findings;

namespace HematomaPacsAgent.Dashboard;

/// <summary>The job table as a plain page. Rendered here, so that a saved copy still reads; a few lines of script fetch the table anew every two seconds.</summary>
internal static class JobsPage
{
    private const string Head = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>HematomaPacsAgent · jobs</title>
        <style>
        :root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 20%,transparent)}
        body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem}h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;border-bottom:1px solid var(--line)}
        th{font-weight:600}code{font-size:.85em;word-break:break-all}.small{font-size:.85em;opacity:.8}
        .pill{border:1px solid currentColor;border-radius:1em;padding:0 .55em;white-space:nowrap}
        .completed{color:#1a7f37}.discarded,.failed{color:#cf222e}.running,.delivering,.sending{color:#0969da}.retryable,.pending{color:#9a6700}
        @media (prefers-color-scheme:dark){.completed,.sent{color:#3fb950}.discarded,.failed{color:#ff7b72}.running,.delivering,.sending{color:#58a6ff}.retryable,.pending{color:#d29922}}
        .notice{border:1px solid #d29922;padding:.5rem .8rem;border-radius:.4rem}
        </style>
        """;

    private const string Live = """
        <script>
        const refresh = async () => {
          try {
            const reply = await fetch("table");
            if (reply.ok) document.getElementById("live").innerHTML = await reply.text();
            document.getElementById("link").textContent = reply.ok ? "live" : "the agent answers " + reply.status;
          } catch { document.getElementById("link").textContent = "no answer from the agent"; }
        };
        if (location.protocol.startsWith("http")) setInterval(refresh, 2000);
        </script>
        """;

    public static string Render(IReadOnlyList<JobRow> jobs, IReadOnlyList<RejectedInstance> rejected) =>
        $"""
        {Head}<h1>HematomaPacsAgent · jobs <span class="small" id="link"></span></h1>
        <p class="notice">{Text(Notices.Demonstration)}</p>
        <div id="live">{Table(jobs, rejected)}</div>{Live}
        """;

    public static string Table(IReadOnlyList<JobRow> jobs, IReadOnlyList<RejectedInstance> rejected)
    {
        StringBuilder html = new();
        html.Append("<table><thead><tr><th>Job<th>Study<th>State<th>Outcome and reason<th>Attempt<th>Received, finished<th>Stages<th>Deliveries</thead><tbody>");
        if (jobs.Count == 0) html.Append("<tr><td colspan=8>No study has arrived yet.");
        foreach (JobRow job in jobs)
        {
            string state = Name(job.State);
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{job.Id}{(job.SupersedesJobId is { } old ? $"<div class=small>supersedes {old}</div>" : "")}");
            html.Append(CultureInfo.InvariantCulture, $"<td><code>{Text(job.StudyInstanceUid)}</code><div class=small>{job.Instances} instances</div>");
            html.Append(CultureInfo.InvariantCulture, $"<td><span class=\"pill {state}\">{state}</span>");
            if (state == "running") html.Append(CultureInfo.InvariantCulture, $"<div class=small>{Text(job.Stage ?? "")} <progress value=\"{job.Progress:F2}\"></progress></div>");
            html.Append(CultureInfo.InvariantCulture, $"<td>{(job.Outcome is { } outcome ? $"<b>{OutcomeName(outcome)}</b><br>" : "")}{Text(job.Reason ?? "")}");
            html.Append(CultureInfo.InvariantCulture, $"<td>{job.Attempt} of {job.MaxAttempts}<td class=small>{Time(job.CreatedAt)}<br>{Time(job.FinalizedAt)}<td class=small>");
            html.AppendJoin("<br>", job.TimingsMs.Select(stage => string.Create(CultureInfo.InvariantCulture, $"{Text(stage.Key)} {stage.Value / 1000:F2} s")));
            html.Append("<td class=small>");
            foreach (DeliveryRow delivery in job.Deliveries)
                html.Append(CultureInfo.InvariantCulture,
                    $"<div>{Text(delivery.Kind)} → {Text(delivery.Destination)} <span class=\"{Name(delivery.State)}\">{Name(delivery.State)}</span>{(delivery.LastError is { } error && Name(delivery.State) != "sent" ? $" · {Text(error)}" : "")}</div>");
        }

        html.Append("</tbody></table>");
        if (rejected.Count == 0) return html.ToString();
        html.Append("<h2>Refused instances</h2><table><thead><tr><th>When<th>From<th>Study<th>Status<th>Reason</thead><tbody>");
        foreach (RejectedInstance row in rejected)
            html.Append(CultureInfo.InvariantCulture,
                $"<tr><td class=small>{Time(row.ReceivedAt)}<td>{Text(row.CallingAe)}@{Text(row.PeerAddress)}<td><code>{Text(row.StudyInstanceUid ?? "unknown")}</code><td>{row.StatusCode:X4}<td>{Text(row.Reason)}");
        return html.Append("</tbody></table>").ToString();
    }

    private static string Name<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();

    private static string OutcomeName(Outcome outcome) => outcome switch
    {
        Outcome.Hematoma => "hematoma",
        Outcome.NoHematoma => "no hematoma",
        Outcome.NotEligible => "not analysed",
        _ => "failed",
    };

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static string Time(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "–";
}
