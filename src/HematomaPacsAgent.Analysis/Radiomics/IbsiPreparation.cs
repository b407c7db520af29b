using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>What IBSI does before it measures, in its order (IBSI manual, chapter 2): interpolate, round, re-segment, filter.</summary>
internal static class IbsiPreparation
{
    public static PreparedCase Of(ScalarImage image, bool[] mask, RadiomicsParameters parameters, List<string> warnings, CancellationToken cancellation)
    {
        (RadiomicsSettings settings, IbsiSettings ibsi) = (parameters.Settings, parameters.Ibsi);
        PreparedRegion region = Interpolated(image, mask, parameters, cancellation);
        ScalarImage prepared = region.Image;
        Box box = MaskRegion.Check(region.Mask, prepared.Grid, settings.MinimumROIDimensions, settings.MinimumROISize, warnings);
        double? low = settings.ResegmentRange?[0], high = settings.ResegmentRange is [_, double upper] ? upper : null;
        bool[] kept = low is null && ibsi.ResegmentOutliers is null
            ? region.Mask
            : Resegmentation.Ibsi(prepared, region.Mask, low, high, ibsi.ResegmentOutliers);

        ImageGrid grid = prepared.Grid.Crop(box);
        bool[] inside = box.Cut<bool>(kept, prepared.Grid.SizeX, prepared.Grid.SizeY);
        bool[] form = box.Cut<bool>(region.Mask, prepared.Grid.SizeX, prepared.Grid.SizeY);
        Lazy<RoiImage> roi = new(() => new RoiImage(grid, box.Cut<double>(prepared.Voxels, prepared.Grid.SizeX, prepared.Grid.SizeY), inside, form));
        MeasuredRegion Unfiltered(CancellationToken token) => new(roi.Value, settings, ibsi, (prepared, box), token);
        // A response has another range than the image, so neither its re-segmentation range nor a bin origin holds for it.
        RadiomicsSettings ofResponses = settings with { ResegmentRange = null };
        List<MeasuredImage> images = parameters.Unfiltered
            ? [new MeasuredImage("", ImageKind.Form, Unfiltered), new MeasuredImage("", ImageKind.Unfiltered, Unfiltered)]
            : [];
        foreach (IbsiFilter filter in parameters.Filters)
            images.Add(new MeasuredImage(filter.Name, ImageKind.Filtered, token => new MeasuredRegion(
                new RoiImage(grid, filter.Respond(prepared, box, token), inside, form), ofResponses, ibsi with { BinOrigin = null }, null, token)));
        DiagnosticColumns diagnostics = new(settings.AdditionalInfo, parameters);
        diagnostics.Add("original", image, mask);
        if (prepared != image) diagnostics.Add("interpolated", prepared, region.Mask);
        if (kept != region.Mask) diagnostics.Add("resegmented", prepared, kept);
        return new PreparedCase(images, diagnostics.Columns);
    }

    private static PreparedRegion Interpolated(ScalarImage image, bool[] mask, RadiomicsParameters parameters, CancellationToken cancellation)
    {
        if (parameters.Settings is not { Interpolator: { } interpolator, ResampledPixelSpacing: [double x, double y, double z] })
            return new PreparedRegion(image, mask);
        IbsiResampling resampling = new(x, y, z)
        {
            Interpolator = interpolator,
            MaskInterpolator = parameters.Ibsi.LinearMask ? Interpolator.Linear : Interpolator.Nearest,
            Round = parameters.Ibsi.RoundIntensity,
        };
        // Filters may look at the whole image; local intensity looks 6.2 mm around the region.
        if (parameters.Filters.Count > 0) return resampling.Apply(image, mask, cancellation);
        ImageGrid target = resampling.GridFor(image.Grid);
        double finest = Math.Min(target.SpacingXMm, Math.Min(target.SpacingYMm, target.SpacingZMm));
        return resampling.ApplyAround(image, mask, (int)Math.Ceiling(LocalIntensity.RadiusMm / finest) + 1, cancellation).Region;
    }
}
