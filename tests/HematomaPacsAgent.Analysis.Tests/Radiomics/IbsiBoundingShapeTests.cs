using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>What encloses the region of both IBSI phantoms: the digital one, and the CT one as configuration A takes it.</summary>
public sealed class IbsiBoundingShapeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Free of the mesh, the shapes that MIRP divides by are compared to full precision.</summary>
    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    public void Hull_box_and_ellipsoid_agree_with_MIRP(string configuration)
    {
        Dictionary<string, double> mirp = File.ReadLines(SharedFiles.Data($"radiomics/ibsi/mirp_values_config_{configuration}.csv"))
            .Select(line => line.Split(',')).Where(cells => cells[0].StartsWith("morph_", StringComparison.Ordinal) && cells[1].Length > 0)
            .ToDictionary(cells => cells[0], cells => double.Parse(cells[1], CultureInfo.InvariantCulture));
        OracleCase region = Region(configuration);
        ShapeMeasures form = Shape.Measure(region.Image.Grid, region.Mask, region.Mask, region.Image.Voxels, RadiomicsProfile.Ibsi, Cancellation);
        Dictionary<string, double> found = Shape.Features.Where(feature => feature.Ibsi is not null)
            .ToDictionary(feature => feature.Ibsi!, feature => feature.Value(form));
        BoundingShapesMeasures bounds = BoundingShapes.Measure(region.Image.Grid, region.Mask, Cancellation);
        foreach (Feature<BoundingShapesMeasures> feature in BoundingShapes.Features) found.Add(feature.Ibsi!, feature.Value(bounds));
        foreach (string shape in new[] { "aabb", "aee", "conv_hull" })
            foreach ((string size, string density) in new[] { ("morph_volume", "morph_vol_dens_"), ("morph_area_mesh", "morph_area_dens_") })
                Assert.Equal(1, found[size] / found[density + shape] / (mirp[size] / mirp[density + shape]), 1e-6);
    }

    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    public void Shapes_that_IBSI_has_no_values_for_enclose_the_hull_and_are_no_looser_than_the_plain_box(string configuration)
    {
        (ScalarImage image, bool[] form) = Region(configuration);
        BoundingShapesMeasures shapes = BoundingShapes.Measure(image.Grid, form, Cancellation);
        Box box = Box.Around(form, image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ);
        double plain = box.Count * image.Grid.SpacingXMm * image.Grid.SpacingYMm * image.Grid.SpacingZMm;
        Assert.InRange(shapes.Mesh.VolumeMm3, 0, shapes.HullVolumeMm3);
        Assert.InRange(shapes.Box.VolumeMm3, shapes.HullVolumeMm3, plain);
        Assert.InRange(shapes.Box.AreaMm2, shapes.HullAreaMm2, double.MaxValue);
        Assert.InRange(shapes.Ellipsoid.EllipsoidVolumeMm3, shapes.HullVolumeMm3, plain * Math.Sqrt(27) * Math.PI / 6);
    }

    private static OracleCase Region(string configuration) => configuration == "digital" ? OracleCase.DigitalPhantom() : OracleCase.CtPhantom();
}
