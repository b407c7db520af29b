using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent;

/// <summary>Runs the DICOM listener for as long as the agent runs. The port is bound before the agent says that it has started.</summary>
internal sealed class ListenerService(DicomListener listener, SpoolReconciler reconciler) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await reconciler.ReconcileAsync(cancellationToken);
        listener.Start();
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => listener.RunAsync(stoppingToken);
}
