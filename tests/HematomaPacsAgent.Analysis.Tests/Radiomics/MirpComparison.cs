using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>One value beside MIRP's, and how far apart they may be.</summary>
internal sealed record MirpComparison(string Tag, double Value, double Mirp, double Tolerance)
{
    /// <summary>MIRP holds intensities as 32-bit floats: its mean is 2.148648738… where the digital phantom's is 159/74.</summary>
    public const double FullPrecision = 1e-6;

    /// <summary>The configurations that MIRP was run with.</summary>
    public static readonly IReadOnlyList<string> Configurations = ["digital", "A", "B", "C", "E"];

    /// <summary>What differs, where, how much at most, and why.</summary>
    public static readonly IReadOnlyList<(string Configurations, string[] Tags, double Tolerance, string Why)> Known =
    [
        ("ABCE", ["morph_moran_i"], 0.5, "MIRP takes a sample of the pairs of a large region; its value misses IBSI's own tolerance"),
        ("ABCE", ["morph_geary_c"], 5e-3, "MIRP takes a sample of the pairs of a large region"),
        ("A", ["morph_volume"], 2e-6, MadeOfMesh),
        ("A",
            [
                "morph_area_mesh", "morph_av", "morph_comp_1", "morph_comp_2", "morph_sph_dispr", "morph_sphericity", "morph_asphericity",
                "morph_integ_int", "morph_vol_dens_aabb", "morph_area_dens_aabb", "morph_vol_dens_aee", "morph_area_dens_aee",
                "morph_vol_dens_conv_hull", "morph_area_dens_conv_hull",
            ], 4e-4, MadeOfMesh),
        ("B", ["stat_mean", "stat_kurt", "stat_rmad", "stat_cov", "morph_com", "morph_integ_int"], 5e-6,
            "MIRP interpolates in 32-bit floats, so a few voxels are rounded to the other neighbour"),
    ];

    private const string MadeOfMesh = "made of the mesh: polygons that are not plane have other triangles where voxels are no cubes";

    public double Off => Math.Abs(Value - Mirp) / Math.Abs(Mirp);

    public bool Agrees => Off <= Tolerance || Value == Mirp;

    public bool AgreesFully => Off <= FullPrecision || Value == Mirp;

    /// <summary>All values that MIRP has too.</summary>
    public static IReadOnlyList<MirpComparison> Of(string configuration, RadiomicsResult result)
    {
        Dictionary<string, double> mirp = IbsiRuns.Mirp(configuration);
        return
        [
            .. result.Values.Where(value => mirp.ContainsKey(value.Key)).Select(value => new MirpComparison(value.Key, value.Value, mirp[value.Key],
                Known.Where(one => one.Configurations.Contains(configuration, StringComparison.Ordinal) && one.Tags.Contains(value.Key))
                    .Select(one => one.Tolerance).DefaultIfEmpty(FullPrecision).First())),
        ];
    }
}
