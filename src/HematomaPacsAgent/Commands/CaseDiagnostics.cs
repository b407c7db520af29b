using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Pipeline.Regions;

namespace HematomaPacsAgent.Commands;

/// <summary>What PyRadiomics says of image and mask beside the features, in its words and tuples.</summary>
internal static class CaseDiagnostics
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "diagnostics_Versions_HematomaPacsAgent", "diagnostics_Image-original_Dimensionality", "diagnostics_Image-original_Spacing",
        "diagnostics_Image-original_Size", "diagnostics_Image-original_Mean", "diagnostics_Image-original_Minimum", "diagnostics_Image-original_Maximum",
        "diagnostics_Mask-original_Spacing", "diagnostics_Mask-original_Size", "diagnostics_Mask-original_BoundingBox", "diagnostics_Mask-original_VoxelNum",
        "diagnostics_Mask-original_CenterOfMassIndex", "diagnostics_Mask-original_CenterOfMass",
    ];

    public static IReadOnlyDictionary<string, string> Of(RadiomicsInput input)
    {
        ImageGrid grid = input.Image.Grid;
        (double sum, double least, double most) = (0, double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in input.Image.Voxels)
        {
            sum += value;
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        int[] first = [int.MaxValue, int.MaxValue, int.MaxValue], last = [-1, -1, -1];
        long[] total = [0, 0, 0];
        int count = 0;
        for (int i = input.Mask.AsSpan().IndexOf(true); i >= 0 && i < input.Mask.Length; i++)
        {
            if (!input.Mask[i]) continue;
            count++;
            Span<int> at = [i % grid.SizeX, i / grid.SizeX % grid.SizeY, i / grid.SizeX / grid.SizeY];
            for (int axis = 0; axis < 3; axis++)
            {
                (first[axis], last[axis]) = (Math.Min(first[axis], at[axis]), Math.Max(last[axis], at[axis]));
                total[axis] += at[axis];
            }
        }

        double[] centre = [.. total.Select(value => value / (double)count)];
        var place = grid.ToPatient(centre[0], centre[1], centre[2]);
        string spacing = Tuple(grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm), size = $"({grid.SizeX}, {grid.SizeY}, {grid.SizeZ})";
        string[] values =
        [
            typeof(CaseDiagnostics).Assembly.GetName().Version?.ToString(3) ?? "0", "3D", spacing, size,
            Real(sum / input.Image.Voxels.Length), Real(least), Real(most), spacing, size,
            $"({string.Join(", ", first.Concat(first.Zip(last, (low, high) => high - low + 1)))})",
            count.ToString(CultureInfo.InvariantCulture), Tuple(centre), Tuple(place.X, place.Y, place.Z),
        ];
        return Names.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
    }

    private static string Tuple(params double[] values) => $"({string.Join(", ", values.Select(Real))})";

    /// <summary>As Python writes it: whole numbers with .0.</summary>
    private static string Real(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture) is var text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? text + ".0" : text;
}
