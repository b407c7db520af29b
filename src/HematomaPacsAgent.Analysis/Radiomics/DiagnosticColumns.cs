using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// PyRadiomics' <c>diagnostics_…</c> columns, in its names and notation: which image and region were measured, at each stage. Its hashes and Python
/// versions are left out; the version is ours.
/// </summary>
internal sealed class DiagnosticColumns
{
    private readonly OrderedDictionary<string, string> columns = [];
    private readonly bool wanted;

    /// <param name="wanted">PyRadiomics' <c>additionalInfo</c>; without it there are no columns.</param>
    /// <param name="parameters">What was asked for.</param>
    public DiagnosticColumns(bool wanted, RadiomicsParameters parameters)
    {
        this.wanted = wanted;
        if (!wanted) return;
        columns["diagnostics_Versions_HematomaPacsAgent"] = typeof(DiagnosticColumns).Assembly.GetName().Version!.ToString(3);
        columns["diagnostics_Configuration_Profile"] = parameters.Profile == RadiomicsProfile.Ibsi ? "ibsi" : "pyradiomics";
        columns["diagnostics_Configuration_EnabledImageTypes"] = parameters.Profile == RadiomicsProfile.Ibsi
            ? string.Join(", ", (parameters.Unfiltered ? ["unfiltered"] : Array.Empty<string>()).Concat(parameters.Filters.Select(filter => filter.Name)))
            : string.Join(", ", parameters.ImageTypes.Select(type => type.Type.Name));
    }

    public IReadOnlyDictionary<string, string> Columns => columns;

    /// <summary>Every column that cases with these parameters have, in order.</summary>
    public static IReadOnlyList<string> Names(RadiomicsParameters parameters)
    {
        if (!parameters.Settings.AdditionalInfo) return [];
        DiagnosticColumns one = new(true, parameters);
        ScalarImage any = new(new ImageGrid(1, 1, 1, 1, 1, 1), [0]);
        one.Add("original", any, [true]);
        if (parameters.Settings is { Interpolator: not null, ResampledPixelSpacing: not null }) one.Add("interpolated", any, [true]);
        if (parameters.Settings.ResegmentRange is not null || parameters is { Profile: RadiomicsProfile.Ibsi, Ibsi.ResegmentOutliers: not null })
            one.Add("resegmented", any, [true]);
        return [.. one.columns.Keys];
    }

    /// <summary>The columns of a stage: original, interpolated, resegmented.</summary>
    public void Add(string stage, ScalarImage image, bool[] mask)
    {
        if (!wanted) return;
        if (stage != "resegmented")
        {
            ImageDiagnostics whole = ImageDiagnostics.Of(image);
            columns[$"diagnostics_Image-{stage}_Dimensionality"] = "3D";
            columns[$"diagnostics_Image-{stage}_Spacing"] = Spacing(image.Grid);
            columns[$"diagnostics_Image-{stage}_Size"] = Size(image.Grid);
            columns[$"diagnostics_Image-{stage}_Mean"] = Text(whole.Mean);
            columns[$"diagnostics_Image-{stage}_Minimum"] = Text(whole.Minimum);
            columns[$"diagnostics_Image-{stage}_Maximum"] = Text(whole.Maximum);
        }

        if (!mask.AsSpan().Contains(true)) return;
        RegionDiagnostics region = RegionDiagnostics.Of(image, mask);
        Box box = region.BoundingBox;
        columns[$"diagnostics_Mask-{stage}_Spacing"] = Spacing(image.Grid);
        columns[$"diagnostics_Mask-{stage}_Size"] = Size(image.Grid);
        columns[$"diagnostics_Mask-{stage}_BoundingBox"] = $"({box.X}, {box.Y}, {box.Z}, {box.SizeX}, {box.SizeY}, {box.SizeZ})";
        columns[$"diagnostics_Mask-{stage}_VoxelNum"] = region.VoxelCount.ToString(CultureInfo.InvariantCulture);
        columns[$"diagnostics_Mask-{stage}_VolumeNum"] = region.ComponentCount.ToString(CultureInfo.InvariantCulture);
        columns[$"diagnostics_Mask-{stage}_CenterOfMassIndex"] = Triple(region.CentreIndex);
        columns[$"diagnostics_Mask-{stage}_CenterOfMass"] = Triple(region.CentreMm);
        if (stage == "original") return;
        columns[$"diagnostics_Mask-{stage}_Mean"] = Text(region.Mean);
        columns[$"diagnostics_Mask-{stage}_Minimum"] = Text(region.Minimum);
        columns[$"diagnostics_Mask-{stage}_Maximum"] = Text(region.Maximum);
    }

    private static string Spacing(ImageGrid grid) => Triple((grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm));

    private static string Size(ImageGrid grid) => $"({grid.SizeX}, {grid.SizeY}, {grid.SizeZ})";

    private static string Triple((double X, double Y, double Z) three) => $"({Text(three.X)}, {Text(three.Y)}, {Text(three.Z)})";

    /// <summary>As Python writes it: shortest digits that read back, and a point in every real number.</summary>
    private static string Text(double value)
    {
        if (!double.IsFinite(value)) return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        string digits = value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        return double.IsInteger(value) && !digits.Contains('e', StringComparison.Ordinal) ? digits + ".0" : digits;
    }
}
