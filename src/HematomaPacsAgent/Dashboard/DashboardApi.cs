using System.Text.Json;
using System.Text.Json.Serialization;
using HematomaPacsAgent.Pipeline.Database;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HematomaPacsAgent.Dashboard;

/// <summary>
/// What an admin watches, on loopback only: <c>/</c> the job page, <c>/api/jobs</c>, <c>/api/jobs/ID</c>, <c>/api/jobs/ID/findings</c>, <c>/api/rejected</c>, <c>/health</c>.
/// </summary>
internal static class DashboardApi
{
    private const int RowsShown = 200;

    internal static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    internal static readonly JsonSerializerOptions IndentedJson = new(JsonOptions) { WriteIndented = true };

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", async (NpgsqlDataSource database, CancellationToken cancellation) =>
            TypedResults.Content(JobsPage.Render(await JobRow.ReadAsync(database, RowsShown, null, cancellation), await RejectedAsync(database, cancellation)), "text/html; charset=utf-8"));
        routes.MapGet("/table", async (NpgsqlDataSource database, CancellationToken cancellation) =>
            TypedResults.Content(JobsPage.Table(await JobRow.ReadAsync(database, RowsShown, null, cancellation), await RejectedAsync(database, cancellation)), "text/html; charset=utf-8"));
        routes.MapGet("/api/jobs", async (NpgsqlDataSource database, CancellationToken cancellation) =>
            TypedResults.Json(await JobRow.ReadAsync(database, RowsShown, null, cancellation), JsonOptions));
        routes.MapGet("/api/jobs/{id:long}", async Task<Results<JsonHttpResult<JobRow>, NotFound>> (long id, NpgsqlDataSource database, CancellationToken cancellation) =>
            (await JobRow.ReadAsync(database, 1, id, cancellation)) is [var row] ? TypedResults.Json(row, JsonOptions) : TypedResults.NotFound());
        routes.MapGet("/api/jobs/{id:long}/findings", async Task<Results<ContentHttpResult, NotFound>> (long id, NpgsqlDataSource database, CancellationToken cancellation) =>
        {
            await using AgentDb db = AgentDb.Open(database);
            return await db.Jobs.Where(job => job.Id == id).Select(job => job.Findings).FirstOrDefaultAsync(cancellation) is { } findings
                ? TypedResults.Content(findings, "application/json; charset=utf-8")
                : TypedResults.NotFound();
        });
        routes.MapGet("/api/rejected", async (NpgsqlDataSource database, CancellationToken cancellation) =>
            TypedResults.Json(await RejectedAsync(database, cancellation), JsonOptions));
        routes.MapGet("/health", async Task<Results<Ok<string>, ProblemHttpResult>> (AgentHealth health, CancellationToken cancellation) =>
            await health.ComplaintAsync(cancellation) is { } complaint
                ? TypedResults.Problem(complaint, statusCode: StatusCodes.Status503ServiceUnavailable)
                : TypedResults.Ok("healthy"));
    }

    private static async Task<IReadOnlyList<RejectedInstance>> RejectedAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(database);
        return await db.RejectedInstances.OrderByDescending(row => row.Id).Take(RowsShown).ToListAsync(cancellation);
    }
}
