using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>A head CT with its truth, whatever it comes from: a phantom, or a folder with an image and its mask.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Volume">The CT.</param>
/// <param name="Masks">Truth by class key (<c>hematoma</c>, <c>ivh</c>, <c>edema</c>); a class that was not labelled has no entry, one that is labelled and empty has an empty mask.</param>
/// <param name="Signs">Truth by sign code; empty where none is known.</param>
/// <param name="Regime">Scanner or hospital, for strata; null where unknown.</param>
public sealed record LabelledCase(string Name, Volume Volume, IReadOnlyDictionary<string, Mask> Masks, IReadOnlyDictionary<string, bool> Signs, string? Regime)
{
    /// <summary>Phantoms of one regime, from consecutive seeds, rendered one by one as they are asked for.</summary>
    /// <param name="seed">First seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="regime">The scanner.</param>
    /// <param name="matrix">Pixels in a row and in a column, 64 to 1024.</param>
    public static IEnumerable<LabelledCase> Phantoms(int seed, int count, ScannerRegime regime, int matrix = 512)
    {
        for (int i = 0; i < count; i++)
        {
            PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(seed + i, matrix, regime: regime));
            yield return new LabelledCase($"phantom-{seed + i:D6}", phantom.Volume, phantom.Masks, phantom.Signs, regime.ToString());
        }
    }
}
