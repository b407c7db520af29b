namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The numbers of the sign rules. Published: as in the paper named. Ours: chosen here, because the paper leaves it to the reader's eye;
/// docs/sign-rules.md says why.
/// </summary>
internal static class SignCriteria
{
    /// <summary>Least difference of a blend sign (Li Q et al., Stroke 2015;46:2119).</summary>
    public const double BlendHu = 18;

    /// <summary>Least difference of a black hole sign (Li Q et al., Stroke 2016;47:1777).</summary>
    public const double BlackHoleHu = 28;

    /// <summary>Swirl: two contiguous 5 mm slices (Ng et al. 2018, after Selariu et al., Stroke 2012); a little less for slices of 4.5 mm.</summary>
    public const double SwirlHeightMm = 9;

    /// <summary>Satellite sign: largest diameter, and distance from the main hematoma (Shimoda et al. 2017; Yu et al.).</summary>
    public const double SatelliteDiameterMm = 10, NearestSatelliteMm = 1, FarthestSatelliteMm = 20;

    /// <summary>Island sign: separate foci alone, or together with buds (Li Q et al., Stroke 2017;48:3019).</summary>
    public const int Islands = 3, IslandsAndBuds = 4;

    /// <summary>Irregular and heterogeneous: categories 3 to 5 of 5 (Barras et al., Stroke 2009;40:1325).</summary>
    public const int BarrasCategory = 3;

    /// <summary>Fluid level: steepest interface, and least share of the density's variance that a flat step explains. Ours.</summary>
    public const double LevelDegrees = 5, LevelRSquared = 0.9;

    /// <summary>Fluid level: roughest and shortest interface, and the least share of the hematoma's width it crosses. Ours.</summary>
    public const double LevelRoughnessMm = 1.5, LevelWidthMm = 8, LevelSpan = 0.7;

    /// <summary>How far below the bright part a part must lie to be one of its own: the least, and in SDs of the smoothed noise. Ours.</summary>
    public const double LeastDropHu = 9, DropInNoise = 4;

    /// <summary>Smallest hypodense part on a slice. Ours: what a reader sees at 5 mm slices.</summary>
    public const double LeastAreaMm2 = 10;

    /// <summary>Rim left out of density rules: partial volume there looks like a blend. Ours, within the 1 to 2 mm of clinical practice.</summary>
    public const double RimMm = 1.5;

    /// <summary>In-plane smoothing of noisy scans (sigma). Ours.</summary>
    public const double SmoothingMm = 1.5;

    /// <summary>Area within which CT noise hangs together, and what no averaging takes away (cupping, drift between regions). Ours.</summary>
    public const double NoiseCellMm2 = 4, UniformityHu = 1;

    /// <summary>Longest stretch of the border at which a part still counts as encapsulated. Ours.</summary>
    public const double LeakMm = 2;

    /// <summary>Blend: least area on a slice, share of the dark part's outline on the hematoma's border, and border with the bright part. Ours.</summary>
    public const double BlendAreaMm2 = 30, BlendContact = 0.2, BlendInterfaceMm = 6;

    /// <summary>Sharp: share of the difference passed between the bands next to the border; a slope wider than about 7 mm is not. Ours.</summary>
    public const double Sharpness = 0.35, SharpnessBandMm = 2.5;

    /// <summary>Round, oval or rod-like: area over that of the convex hull. Ours.</summary>
    public const double RoundSolidity = 0.8;

    /// <summary>Isodense to brain: up to this above the brain around the hematoma. Ours.</summary>
    public const double IsodenseHu = 5;

    /// <summary>By how much limits of density are moved to see whether noise decides. Ours.</summary>
    public const double NoiseMarginHu = 2;

    /// <summary>Separate foci: smallest area, and for islands largest diameter and share of the main hematoma. Ours.</summary>
    public const double FocusAreaMm2 = 4, IslandDiameterMm = 20, IslandShare = 0.2;

    /// <summary>A focus of blood is denser than brain by this, and no calcification. Ours.</summary>
    public const double FocusAboveBrainHu = 6, CalcificationHu = 100;

    /// <summary>Buds: what an opening by half the inscribed radius (within these) takes away. Ours.</summary>
    public const double LeastOpeningMm = 2, MostOpeningMm = 6;

    /// <summary>Buds: smallest area and least height. Ours.</summary>
    public const double BudAreaMm2 = 12, BudHeightMm = 3;

    /// <summary>A dent of the outline counts from this depth: millimetres, pixels, and share of the diameter. Ours.</summary>
    public const double DentMm = 1.5, DentPixels = 1.5, DentShare = 0.06;

    /// <summary>Area over that of the convex hull below which a hematoma is irregular whatever its dents. Ours.</summary>
    public const double IrregularSolidity = 0.85;

    /// <summary>SD of density above noise, without the largest hypodense part, from which a hematoma is heterogeneous. Ours.</summary>
    public const double MottledHu = 6;
}
