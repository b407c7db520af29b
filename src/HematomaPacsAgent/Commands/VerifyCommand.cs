using System.CommandLine;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Delivery;
using Npgsql;

namespace HematomaPacsAgent.Commands;

internal static class VerifyCommand
{
    public static Command Build()
    {
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("verify",
            "checks configuration, models, database and PACS (C-ECHO, and which results it accepts) without serving; all that is wrong in one go") { config };
        command.Runs(async (parsed, cancellation) =>
        {
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            using ILoggerFactory logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
            Checklist checks = new();
            await checks.RunAsync("configuration", () =>
            {
                AgentHost.Check(settings);
                return Task.FromResult("every key is known and in range");
            });
            if (checks.Failures > 0) return CommandRun.Usage; // the rest would be checked against something else than was meant
            await checks.RunAsync("models", () =>
            {
                using Inference inference = InferenceProcess.Begin(settings);
                using Models models = Models.Load(AgentHost.Validated<ModelOptions>(settings, "Models"), inference);
                return Task.FromResult($"{models.Segmenter.Package.Id} and {models.Classifier.Package.Id} load and give their golden output on {inference.Device} ({inference.Device?.Runtime}); "
                    + $"{FeatureDictionary.Columns(models.Radiomics).Count} radiomic features; nomogram {models.Nomogram.Id} ({models.Nomogram.IntendedUse})");
            });
            if (Jpeg2000Process.Trouble(cancellation) is { } trouble) Console.WriteLine($"note    {trouble}");
            await checks.RunAsync("database", async () =>
            {
                await using AgentDatabase database = await AgentDatabase.JoinAsync(settings, logs, cancellation);
                await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellation);
                return $"PostgreSQL {connection.PostgreSqlVersion} answers";
            });
            List<Destination> destinations = AgentHost.Validated<DeliveryOptions>(settings, "Delivery").Destinations;
            if (destinations.Count == 0) Console.WriteLine("note    PACS: no destination is configured (Delivery:Destinations); results are kept in the spool and sent nowhere");
            foreach (Destination destination in destinations)
                await checks.RunAsync($"PACS {destination.Name}", () => ProbeAsync(destination, cancellation));
            Console.WriteLine(checks.Failures == 0 ? "all is well" : $"{checks.Failures} of {checks.Count} checks failed");
            return checks.Failures == 0 ? CommandRun.Done : CommandRun.Failed;
        });
        return command;
    }

    private static async Task<string> ProbeAsync(Destination destination, CancellationToken cancellation)
    {
        RemoteAe remote = destination.Remote;
        await EchoScu.EchoAsync(remote, destination.CallingAeTitle, new AssociationOptions(), cancellation);
        IReadOnlyList<ProposedContext> proposed =
        [
            new(Dicom.DicomUID.SegmentationStorage, [Dicom.DicomTransferSyntax.ExplicitVRLittleEndian]),
            new(Dicom.DicomUID.Comprehensive3DSRStorage, [Dicom.DicomTransferSyntax.ExplicitVRLittleEndian]),
        ];
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, destination.CallingAeTitle, proposed, new AssociationOptions(), null, cancellation);
        string[] refused = [.. proposed.Where(context => !association.Accepts(context.AbstractSyntax)).Select(context => context.AbstractSyntax.Name)];
        await association.ReleaseAsync(cancellation);
        return refused.Length == 0
            ? $"{remote} answers C-ECHO and accepts Segmentation and Comprehensive 3D SR"
            : throw new InvalidOperationException($"{remote} answers, but does not accept {string.Join(" and ", refused)}: ask the PACS admin to allow these SOP classes");
    }

    private sealed class Checklist
    {
        public int Count { get; private set; }
        public int Failures { get; private set; }

        public async Task RunAsync(string name, Func<Task<string>> check)
        {
            Count++;
            try
            {
                Console.WriteLine($"ok      {name}: {await check()}");
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                Failures++;
                Console.WriteLine($"FAILED  {name}: {(wrong is Microsoft.Extensions.Options.OptionsValidationException invalid ? string.Join("; ", invalid.Failures) : wrong.Message)}");
            }
        }
    }
}
