using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Regions;

namespace HematomaPacsAgent.Commands;

/// <summary>
/// Measures cases, some at a time. Outcomes come one by one in the order of the list, whatever order they end in; a case that fails stops no other.
/// </summary>
internal sealed class RadiomicsBatch(RadiomicsExtraction extraction, int threads)
{
    /// <param name="cases">What to measure.</param>
    /// <param name="take">Given each outcome.</param>
    /// <param name="progress">Told how many cases are done, those at work in part.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task RunAsync(IReadOnlyList<RadiomicsCase> cases, Action<CaseOutcome> take, IProgress<double>? progress, CancellationToken cancellation)
    {
        var shares = new double[cases.Count];
        Dictionary<int, CaseOutcome> early = [];
        Lock order = new();
        int next = 0;
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        await Parallel.ForAsync(0, cases.Count, options, (index, stop) =>
        {
            CaseOutcome outcome = Measure(cases[index], progress is null ? null : new Share(shares, index, progress), stop);
            shares[index] = 1;
            progress?.Report(shares.Sum());
            lock (order)
            {
                early.Add(index, outcome);
                while (early.Remove(next, out CaseOutcome? ended))
                {
                    take(ended);
                    next++;
                }
            }

            return ValueTask.CompletedTask;
        });
    }

    private CaseOutcome Measure(RadiomicsCase one, IProgress<double>? progress, CancellationToken cancellation)
    {
        if (one.Fault is not null) return new CaseOutcome(one, null, one.Fault, [], null);
        try
        {
            RadiomicsInput input = RadiomicsInput.Load(one.Image, one.Mask, one.Choice, extraction.Parameters.Settings, cancellation);
            RadiomicsResult measured = extraction.Extract(input, progress, cancellation);
            return new CaseOutcome(one, measured, null, [.. input.Warnings, .. measured.Warnings], input.Region);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception known) when (known is RadiomicsException or NotEligibleException or IOException or UnauthorizedAccessException or DicomValueException)
        {
            return new CaseOutcome(one, null, known.Message, [], null);
        }
        catch (OutOfMemoryException)
        {
            return new CaseOutcome(one, null, "not enough memory for this image: take fewer --threads, or crop it", [], null);
        }
        catch (Exception fault)
        {
            // Not foreseen, yet the other cases go on.
            return new CaseOutcome(one, null, $"a fault of this program ({fault.GetType().Name}: {fault.Message}). Please report it", [], null);
        }
    }

    /// <summary>One case's part of the whole.</summary>
    private sealed class Share(double[] shares, int index, IProgress<double> whole) : IProgress<double>
    {
        public void Report(double value)
        {
            shares[index] = value;
            whole.Report(shares.Sum());
        }
    }
}
