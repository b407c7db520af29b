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
            yield return Of(HeadPhantom.Render(PhantomSpecification.FromSeed(seed + i, matrix, regime: regime)));
    }

    /// <summary>A phantom as it was rendered.</summary>
    public static LabelledCase Of(PhantomCase phantom)
    {
        ArgumentNullException.ThrowIfNull(phantom);
        PhantomSpecification of = phantom.Specification;
        return new LabelledCase($"phantom-{of.Seed:D6}", phantom.Volume, phantom.Masks, phantom.Signs, of.Regime.ToString());
    }

    /// <summary>Cases from a folder of folders (see <see cref="CaseFolder"/>), read one by one as they are asked for.</summary>
    /// <exception cref="CaseFolderException">A folder holds no whole case.</exception>
    public static IEnumerable<LabelledCase> Folders(IReadOnlyList<string> folders, CancellationToken cancellation) =>
        folders.Select(folder => CaseFolder.Read(folder, cancellation));
}
