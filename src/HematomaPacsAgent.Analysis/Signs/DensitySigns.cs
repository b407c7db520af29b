using System.Globalization;
using HematomaPacsAgent.Analysis.Models;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The signs that hypodense parts make. A part that is a fluid level is neither blend nor swirl; blend and black hole exclude each other on a part.
/// </summary>
internal sealed class DensitySigns
{
    private readonly Clot clot;
    private readonly HypodenseRegions all;
    private readonly (HypodenseRegion Region, FluidLevel? Level)[] parts;

    public DensitySigns(Clot clot)
    {
        this.clot = clot;
        all = HypodenseRegions.Of(clot);
        parts = [.. all.Regions.Select(region => (region, region.Encapsulated ? null : FluidLevel.Of(clot, all, region)))];
    }

    public IEnumerable<SignRuling> Judge()
    {
        yield return Best("blend-sign", parts.Where(part => !part.Region.Encapsulated && !IsLevel(part.Level)).Select(part => Blend(part.Region)),
            "no dark part lies at the border of the hematoma");
        yield return Best("black-hole-sign", parts.Where(part => part.Region.Encapsulated).Select(part => BlackHole(part.Region)),
            "no dark part is closed off from the border");
        yield return Swirl();
        yield return Best("intrahematoma-hypodensity", parts.Where(part => part.Region.Encapsulated).Select(part => Hypodensity(part.Region)),
            "no dark part is closed off from the border");
        yield return Best("fluid-level", parts.Where(part => part.Level is not null).Select(part => Level(part.Region, part.Level!)),
            "no dark part lies above a bright one");
        yield return Heterogeneous();
    }

    private static bool IsLevel(FluidLevel? level) => level is { IsFlat: true } && level.Degrees <= LevelDegrees;

    /// <summary>The part that speaks most for the sign.</summary>
    private SignRuling Best(string code, IEnumerable<SignRuling> rulings, string otherwise)
    {
        if (!clot.HasCore) otherwise = "the hematoma is too small to judge its density";
        return rulings.MaxBy(ruling => ruling.State) ?? Ruling(code, SignState.Absent, clot.LargestSlice, otherwise, new() { ["noiseHu"] = clot.NoiseHu });
    }

    private SignRuling Ruling(string code, SignState state, int slice, string because, Dictionary<string, double> measures) =>
        new(code, state, slice + clot.FirstSlice, because, measures.ToDictionary(known => known.Key, known => Math.Round(known.Value, 3)));

    private SignRuling Blend(HypodenseRegion dark)
    {
        string? failing = dark.KeyAreaMm2 < BlendAreaMm2 ? Text($"it is only {dark.KeyAreaMm2:F0} mm2 large; {BlendAreaMm2:F0} are needed")
            : dark.ContactShare < BlendContact ? Text($"only {dark.ContactShare:P0} of its outline is at the edge; {BlendContact:P0} are needed")
            : dark.BorderMm < BlendInterfaceMm ? Text($"its border with the bright part is only {dark.BorderMm:F0} mm long")
            : Blurred(dark);
        return Ruling("blend-sign", failing is null ? Against(dark.Delta, BlendHu) : SignState.Absent, dark.KeySlice,
            Text($"a dark part of {dark.VolumeMl:F1} ml touches the edge, {Below(dark.Delta)} the bright part; ")
            + (failing ?? Text($"{BlendHu:F0} are needed")),
            Measures(dark));
    }

    private SignRuling BlackHole(HypodenseRegion dark)
    {
        string? failing = Blurred(dark);
        // The hull costs more than the rest and decides only where the density would do.
        if (failing is null && dark.Delta.High >= BlackHoleHu && dark.Solidity is var solidity && solidity < RoundSolidity)
            failing = Text($"it is neither round, oval nor rod-like (it fills {solidity:P0} of its hull; {RoundSolidity:P0} are needed)");
        return Ruling("black-hole-sign", failing is null ? Against(dark.Delta, BlackHoleHu) : SignState.Absent, dark.KeySlice,
            Text($"a dark part of {dark.VolumeMl:F1} ml is closed off by bright blood, {Below(dark.Delta)} it; ")
            + (failing ?? Text($"{BlackHoleHu:F0} are needed")),
            Measures(dark));
    }

    private SignRuling Hypodensity(HypodenseRegion dark) =>
        Ruling("intrahematoma-hypodensity", dark.Delta.Low < LeastDropHu && clot.NoiseHu > 0 ? SignState.Indeterminate : SignState.Present, dark.KeySlice,
            Text($"a dark part of {dark.VolumeMl:F1} ml is closed off by bright blood, {Below(dark.Delta)} it; any difference that noise does not make counts"),
            Measures(dark));

    private SignRuling Level(HypodenseRegion dark, FluidLevel level)
    {
        bool undecided = Math.Abs(level.Degrees - LevelDegrees) < level.DegreesError;
        SignState state = !level.IsFlat ? SignState.Absent : undecided ? SignState.Indeterminate
            : level.Degrees <= LevelDegrees ? SignState.Present : SignState.Absent;
        return Ruling("fluid-level", state, dark.KeySlice,
            Text($"the border below a dark part of {dark.VolumeMl:F1} ml is {level.Degrees:F0} degrees off horizontal ({LevelDegrees:F0} at most), ")
            + Text($"{level.RoughnessMm:F1} mm rough, {level.WidthMm:F0} mm wide, ")
            + Text($"over {level.Span:P0} of the hematoma, and explains {level.RSquared:P0} of the density there"),
            new(Measures(dark))
            {
                ["degrees"] = level.Degrees, ["roughnessMm"] = level.RoughnessMm, ["widthMm"] = level.WidthMm,
                ["span"] = level.Span, ["rSquared"] = level.RSquared,
            });
    }

    private SignRuling Swirl()
    {
        double isodense = clot.BrainHu + IsodenseHu;
        (double sure, int slice) = TallestMm(isodense - clot.MarginHu);
        (double perhaps, int other) = clot.MarginHu > 0 ? TallestMm(isodense + clot.MarginHu) : (sure, slice);
        SignState state = sure >= SwirlHeightMm ? SignState.Present : perhaps >= SwirlHeightMm ? SignState.Indeterminate : SignState.Absent;
        double heightMm = state == SignState.Present ? sure : perhaps;
        return Ruling("swirl-sign", state, state == SignState.Present ? slice : other, heightMm > 0
                ? Text($"a part as dark as brain (up to {isodense:F0} HU) is {heightMm:F0} mm high on neighbouring slices; ")
                    + Text($"two slices and {SwirlHeightMm:F0} mm are needed")
                : Text($"no part within is as dark as brain (up to {isodense:F0} HU)"),
            new() { ["heightMm"] = heightMm, ["isodenseHu"] = isodense, ["brightHu"] = clot.BrightHu, ["noiseHu"] = clot.NoiseHu });
    }

    /// <summary>The height of the tallest part below a density, on at least two slices in a row; a fluid level's upper half is no swirl.</summary>
    private (double HeightMm, int Slice) TallestMm(double belowHu)
    {
        VolumeGeometry g = clot.Grid;
        if (!clot.HasCore) return (0, clot.LargestSlice);
        HashSet<int> level = [.. parts.Where(part => IsLevel(part.Level)).SelectMany(part => part.Region.Voxels)];
        double tallest = 0;
        int at = clot.LargestSlice;
        foreach (List<int> part in HypodenseRegions.Parts(clot, Math.Min(belowHu, clot.BrightHu - clot.DropHu)))
        {
            if (level.Contains(part[0])) continue;
            int[] areas = new int[g.Slices];
            foreach (int i in part) areas[i / g.PixelsPerSlice]++;
            double height = 0;
            for (int s = 0, run = 0; s < g.Slices; s++)
            {
                (height, run) = areas[s] * clot.PixelMm2 >= LeastAreaMm2 ? (height + g.SliceExtentsMm[s], run + 1) : (0, 0);
                double counted = run >= 2 ? height : Math.Min(height, SwirlHeightMm - 1);
                if (counted > tallest) (tallest, at) = (counted, Array.IndexOf(areas, areas.Max()));
            }
        }

        return (tallest, at);
    }

    private SignRuling Heterogeneous()
    {
        DensityCategory plain = DensityCategory.Of(clot, all);
        SignState state = plain.Category >= BarrasCategory ? SignState.Present : SignState.Absent;
        if (clot.MarginHu > 0 && DensityCategory.Of(clot, all, clot.MarginHu).Category >= BarrasCategory
            != DensityCategory.Of(clot, all, -clot.MarginHu).Category >= BarrasCategory)
            state = SignState.Indeterminate;
        return Ruling("heterogeneous-density", state, plain.Slice,
            Text($"density category {plain.Category} of 5 ({BarrasCategory} and more are heterogeneous): {plain.Foci} dark foci on a slice, ")
            + Text($"density within varies by {plain.DeviationHu:F1} HU"),
            new() { ["category"] = plain.Category, ["foci"] = plain.Foci, ["deviationHu"] = plain.DeviationHu, ["noiseHu"] = clot.NoiseHu });
    }

    private static SignState Against(Difference delta, double limitHu) =>
        delta.Low >= limitHu ? SignState.Present : delta.High < limitHu ? SignState.Absent : SignState.Indeterminate;

    private static string? Blurred(HypodenseRegion dark) => dark.Sharpness >= Sharpness ? null
        : Text($"its border is not sharp (it passes {dark.Sharpness:P0} of the difference; {Sharpness:P0} are needed)");

    private static string Below(Difference delta) => delta.High > delta.Low
        ? Text($"{delta.Hu:F1} HU (95 % {delta.Low:F1} to {delta.High:F1}) below") : Text($"{delta.Hu:F1} HU below");

    private static Dictionary<string, double> Measures(HypodenseRegion dark) => new()
    {
        ["volumeMl"] = dark.VolumeMl, ["areaMm2"] = dark.KeyAreaMm2, ["deltaHu"] = dark.Delta.Hu, ["deltaLowHu"] = dark.Delta.Low,
        ["deltaHighHu"] = dark.Delta.High, ["darkHu"] = dark.DarkHu, ["contactMm"] = dark.ContactMm, ["contactShare"] = dark.ContactShare,
        ["borderMm"] = dark.BorderMm, ["sharpness"] = dark.Sharpness,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
