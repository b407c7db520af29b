using System.Globalization;
using HematomaPacsAgent.Analysis.Models;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>The signs of shape: separate foci, buds, and the outline.</summary>
internal static class ShapeSigns
{
    /// <summary>How far the depth of a dent is moved to see whether a network's outline decides.</summary>
    private const double Looser = 0.85;

    public static IEnumerable<SignRuling> Judge(Clot clot)
    {
        IReadOnlyList<Focus> foci = SeparateFoci.Of(clot);
        yield return Island(clot, foci);
        yield return Satellite(clot, foci);
        yield return Irregular(clot, foci);
    }

    private static SignRuling Island(Clot clot, IReadOnlyList<Focus> foci)
    {
        double most = IslandShare * clot.Main.VolumeMl;
        Focus[] small = [.. foci.Where(focus => focus.DiameterMm <= IslandDiameterMm && focus.VolumeMl <= most
            && focus.GapMm is >= NearestSatelliteMm and <= FarthestSatelliteMm)];
        int buds = Buds.Count(clot);
        bool present = small.Length >= Islands || (buds > 0 && small.Length + buds >= IslandsAndBuds);
        return new SignRuling("island-sign", present ? SignState.Present : SignState.Absent, Slice(clot, small.MaxBy(focus => focus.VolumeMl)),
            string.Create(CultureInfo.InvariantCulture,
                $"{small.Length} small hematomas lie beside the main one and {buds} hang on it; "
                + $"{Islands} separate ones, or {IslandsAndBuds} in all, are needed"),
            new Dictionary<string, double> { ["separate"] = small.Length, ["buds"] = buds });
    }

    private static SignRuling Satellite(Clot clot, IReadOnlyList<Focus> foci)
    {
        // A pixel of a network's outline decides near the limits; a rendering's does not.
        double pixel = clot.NoiseHu > 0 ? Math.Max(clot.Grid.ColumnSpacingMm, clot.Grid.RowSpacingMm) : 0;
        Focus? best = foci.MaxBy(focus => (Judged(focus, pixel), focus.VolumeMl));
        if (best is null)
            return new SignRuling("satellite-sign", SignState.Absent, Slice(clot, null), "no separate focus of blood lies beside the main hematoma",
                new Dictionary<string, double> { ["foci"] = 0 });
        return new SignRuling("satellite-sign", Judged(best, pixel), Slice(clot, best), string.Create(CultureInfo.InvariantCulture,
                $"a separate focus of {best.DiameterMm:F1} mm lies {best.GapMm:F1} mm from the main hematoma; "
                + $"at most {SatelliteDiameterMm:F0} mm and {NearestSatelliteMm:F0} to {FarthestSatelliteMm:F0} mm count"),
            new Dictionary<string, double> { ["foci"] = foci.Count, ["diameterMm"] = Math.Round(best.DiameterMm, 2), ["gapMm"] = Math.Round(best.GapMm, 2) });
    }

    private static SignState Judged(Focus focus, double pixel)
    {
        bool Within(double by) => focus.DiameterMm <= SatelliteDiameterMm + by
            && focus.GapMm >= NearestSatelliteMm - by && focus.GapMm <= FarthestSatelliteMm + by;
        return Within(-pixel) ? SignState.Present : Within(pixel) ? SignState.Indeterminate : SignState.Absent;
    }

    private static SignRuling Irregular(Clot clot, IReadOnlyList<Focus> foci)
    {
        ShapeCategory shape = ShapeCategory.Of(clot, foci);
        SignState state = shape.Category >= BarrasCategory ? SignState.Present : SignState.Absent;
        if (clot.NoiseHu > 0 && IsIrregular(Looser) != IsIrregular(1 / Looser)) state = SignState.Indeterminate;
        return new SignRuling("irregular-shape", state, Slice(clot, null), string.Create(CultureInfo.InvariantCulture,
                $"shape category {shape.Category} of 5 ({BarrasCategory} and more are irregular): {shape.Dents} dents of the outline "
                + $"and {shape.Foci} separate foci on the largest slice, {shape.Solidity:P0} of its hull filled"),
            new Dictionary<string, double>
            {
                ["category"] = shape.Category, ["dents"] = shape.Dents, ["foci"] = shape.Foci, ["solidity"] = Math.Round(shape.Solidity, 3),
            });

        bool IsIrregular(double strictness) => ShapeCategory.Of(clot, foci, strictness).Category >= BarrasCategory;
    }

    private static int Slice(Clot clot, Focus? focus) => clot.FirstSlice + (focus?.Slice ?? clot.LargestSlice);
}
