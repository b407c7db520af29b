using System.Collections.Concurrent;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;
using HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;
using HematomaPacsAgent.TestKit;

[assembly: AssemblyFixture(typeof(IbsiPhase2Runs))]

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>The filters of the second phase of the IBSI filter standardisation (Whybra et al., Radiology 2024) on the CT phantom, once for all
/// tests.</summary>
public sealed class IbsiPhase2Runs
{
    private readonly ConcurrentDictionary<string, Lazy<IReadOnlyList<IbsiPhase2Row>>> rows = new();

    internal static IReadOnlyList<string> Filters { get; } = [.. Enumerable.Range(1, 9).SelectMany(i => new[] { $"{i}.A", $"{i}.B" })];

    /// <summary>The statistics of a filter's response that have a consensus value.</summary>
    internal IReadOnlyList<IbsiPhase2Row> Rows(string filter) => rows.GetOrAdd(filter, id => new(() => Measure(id))).Value;

    private static List<IbsiPhase2Row> Measure(string id)
    {
        string[][] reference = [.. File.ReadLines(SharedFiles.Data("radiomics/ibsi/ibsi2_feature_reference.csv")).Skip(1)
            .Select(line => line.Split(';')).Where(cells => cells[0] == id && cells[3].Length > 0)];
        (ScalarImage image, bool[] region, Box box) = id.EndsWith('A') ? CtPhantom.A : CtPhantom.B;
        double[] response = Filter(id) is { } filter ? filter.Respond(image, box, TestContext.Current.CancellationToken) : image.Crop(box).Voxels;
        bool[] inside = box.Cut<bool>(region, image.Grid.SizeX, image.Grid.SizeY);
        double[] sorted = [.. response.Where((_, i) => inside[i]).Order()];
        var measures = new FirstOrderMeasures(sorted, voxelMm3: 1, shift: 0, excess: 3);
        return [.. reference.Select(cells => new IbsiPhase2Row(cells[2], FirstOrder.Features.Single(feature => feature.Ibsi == cells[2]).Value(measures),
            OracleCase.Number(cells[3]), OracleCase.Number(cells[4])))];
    }

    private static IbsiFilter? Filter(string id)
    {
        FilterDimension dimension = id.EndsWith('A') ? FilterDimension.InPlane : FilterDimension.Volume;
        bool plane = dimension == FilterDimension.InPlane;
        return id[0] switch
        {
            '2' => new MeanFilter(dimension, 5),
            '3' => new LaplacianOfGaussianFilter(dimension, 1.5),
            '4' => new LawsFilter(dimension, plane ? "L5E5" : "L5E5E5") { EnergyDistance = 7, Rotations = RotationPooling.Max },
            '5' => new GaborFilter(dimension, 5, 2, 1.5) { StepDegrees = 22.5 },
            '6' => new WaveletFilter(dimension, WaveletFamily.Daubechies3, plane ? "LH" : "LLH") { Rotations = RotationPooling.Mean },
            '7' => new WaveletFilter(dimension, WaveletFamily.Daubechies3, plane ? "HH" : "HHH", 2) { Rotations = RotationPooling.Mean },
            '8' => new SimoncelliFilter(dimension),
            '9' => new SimoncelliFilter(dimension, 2),
            _ => null,
        };
    }
}

/// <summary>A statistic of a response beside its consensus value.</summary>
internal sealed record IbsiPhase2Row(string Tag, double Value, double Expected, double Tolerance)
{
    public bool Passes => IbsiRuns.Passes(Value, Expected, Tolerance);
}
