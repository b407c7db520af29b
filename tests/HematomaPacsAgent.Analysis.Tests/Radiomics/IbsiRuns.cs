using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Tests.Radiomics;
using HematomaPacsAgent.TestKit;

[assembly: AssemblyFixture(typeof(IbsiRuns))]

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>The IBSI phantoms measured once for all tests: the digital one, and the CT one in configurations A to E.</summary>
public sealed partial class IbsiRuns
{
    /// <summary>The six configurations as parameter files.</summary>
    private static readonly OrderedDictionary<string, string> ParameterFiles = new()
    {
        ["digital"] = """
            profile: ibsi
            setting: {binWidth: 1}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb, 3D_avg, 3D_comb]}
            """,
        ["A"] = """
            profile: ibsi
            setting: {resegmentRange: [-500, 400], binWidth: 25}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb]}
            """,
        ["B"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 0], interpolator: sitkLinear, resegmentRange: [-500, 400], binCount: 32}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb]}
            """,
        ["C"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkLinear, resegmentRange: [-1000, 400], binWidth: 25}
            ibsi: {aggregation: [3D_avg, 3D_comb], ivh: {binWidth: 2.5}}
            """,
        ["D"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkLinear, binCount: 32}
            ibsi: {aggregation: [3D_avg, 3D_comb], resegmentOutliers: 3}
            """,
        ["E"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkBSpline, resegmentRange: [-1000, 400], binCount: 32}
            ibsi: {aggregation: [3D_avg, 3D_comb], resegmentOutliers: 3, ivh: {binCount: 1000}}
            """,
    };

    private static readonly (string Mirp, string Ibsi)[] Endings =
    [
        ("_2d_avg", "_2D_avg"), ("_2d_s_mrg", "_2D_comb"), ("_2.5d_d_mrg", "_2_5D_avg"), ("_2.5d_v_mrg", "_2_5D_comb"), ("_3d_avg", "_3D_avg"),
        ("_3d_v_mrg", "_3D_comb"), ("_2d", "_2D"), ("_2.5d", "_2_5D"), ("_3d", "_3D"),
    ];

    private readonly ConcurrentDictionary<string, Lazy<RadiomicsResult>> results = new();

    internal static IEnumerable<string> Configurations => ParameterFiles.Keys;

    public RadiomicsResult Result(string configuration) => results.GetOrAdd(configuration, name => new(() =>
        (name == "digital" ? OracleCase.DigitalPhantom() : OracleCase.CtPhantom()).Extract(ParameterFiles[name]))).Value;

    /// <summary>The reference's rows of a configuration, without those that describe images and masks.</summary>
    internal static IReadOnlyList<IbsiRow> Reference(string configuration) =>
    [
        .. File.ReadLines(SharedFiles.Data($"radiomics/ibsi/{(configuration == "digital" ? "digital" : "ct")}_phantom_reference.csv")).Skip(1)
            .Select(line => line.Split(',')).Where(cells => cells[6] == configuration && !cells[0].StartsWith("Diagnostics", StringComparison.Ordinal))
            .Select(cells => new IbsiRow(cells[0], cells[2], cells[10], cells[9] == "not standardized"
                ? null
                : (OracleCase.Number(cells[7]), OracleCase.Number(cells[8])))),
    ];

    /// <summary>MIRP's values of a configuration by IBSI tag: its <c>cm_energy_d1_2d_s_mrg_fbs_w25.0</c> is <c>cm_energy_2D_comb</c>.</summary>
    internal static Dictionary<string, double> Mirp(string configuration)
    {
        Dictionary<string, double> values = [];
        foreach ((string column, string value) in OracleCase.Table($"radiomics/ibsi/mirp_values_config_{configuration}.csv"))
            if (double.TryParse(value, CultureInfo.InvariantCulture, out double number)) values.TryAdd(Tag(column), number);
        return values;
    }

    /// <summary>Rounded to three significant digits, a value lies within the consensus' tolerance.</summary>
    internal static bool Passes(double value, double reference, double tolerance) =>
        Math.Abs(OracleCase.Number(value.ToString("G3", CultureInfo.InvariantCulture)) - reference) <= tolerance + 1e-12 * Math.Abs(reference);

    private static string Tag(string column)
    {
        string bare = Discretised().Replace(column, "").Replace("_d1", "", StringComparison.Ordinal).Replace("_a0.0", "", StringComparison.Ordinal);
        foreach ((string theirs, string ours) in Endings)
            if (bare.EndsWith(theirs, StringComparison.Ordinal)) return bare[..^theirs.Length] + ours;
        return bare;
    }

    [GeneratedRegex("_(fbs_w|fbn_n)[0-9.]+$")]
    private static partial Regex Discretised();
}

/// <param name="Family">IBSI's name of the feature family.</param>
/// <param name="Code">IBSI's code of the feature.</param>
/// <param name="Tag">The feature's tag with its aggregation.</param>
/// <param name="Consensus">Value and tolerance; null where there is no consensus.</param>
internal sealed record IbsiRow(string Family, string Code, string Tag, (double Value, double Tolerance)? Consensus);
