using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent;

/// <summary>Runs the DICOM listener for as long as the agent runs. Spool and queue are put in order, and the port is bound, before the
/// agent says that it has started.</summary>
internal sealed class ListenerService(DicomListener listener, SpoolReconciler reconciler, StudyStore store, JobQueue queue, IOptions<IntakeOptions> intake) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await reconciler.ReconcileAsync(cancellationToken);
        await queue.HoldAllAsync(intake.Value.QuietPeriod, cancellationToken);
        store.WarnOfDurability();
        listener.Start();
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => listener.RunAsync(stoppingToken);
}
