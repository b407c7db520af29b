using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Tests.Measurements;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Measurements;

/// <summary>A real head on a tilted gantry, an old infarct on its left, no mass effect to speak of: the falx, septum and third ventricle were looked at.</summary>
public sealed class RealHeadTests
{
    [Fact]
    public void The_midline_of_a_real_head_is_found_and_the_brain_lies_on_it()
    {
        (Volume head, IntracranialSpace space, MidsagittalPlane plane) = Load();
        // Read off the images by eye: the falx meets the skull in front and behind along this line.
        Assert.InRange(Math.Atan2(plane.Normal.Y, plane.Normal.X) * 180 / Math.PI, -13, -8);
        MidlineShift shift = MidlineShift.Of(head, space, plane, new Mask(head.Geometry), null, TestContext.Current.CancellationToken);
        Assert.InRange(shift.Mm!.Value, 0, 2.5);
        Assert.InRange(shift.Reliability, 0.6, 1);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    [InlineData(11)]
    public void A_real_brain_pushed_aside_is_measured_within_two_and_a_half_millimetres(double leftMm)
    {
        (Volume head, IntracranialSpace space, MidsagittalPlane plane) = Load();
        Mask none = new(head.Geometry);
        MidlineShift before = MidlineShift.Of(head, space, plane, none, null, TestContext.Current.CancellationToken);
        Vector3 middle = Middle(space.Mask, before.Slice!.Value, plane);
        MidlineShift after = MidlineShift.Of(DisplacedBrain.Of(head, space.Mask, plane, middle, leftMm), space, plane, none, null,
            TestContext.Current.CancellationToken);
        Assert.NotNull(after.Mm);
        Assert.InRange(Signed(after) - Signed(before), leftMm - 2.4, leftMm + 2.4);
    }

    [Fact]
    public void A_real_head_turned_in_its_images_keeps_its_midline()
    {
        (Volume head, IntracranialSpace space, MidsagittalPlane plane) = Load();
        const double Turn = 20 * Math.PI / 180;
        Volume turned = Turned(head, Turn);
        IntracranialSpace turnedSpace = IntracranialSpace.Find(turned);
        MidsagittalPlane found = MidsagittalPlane.Fit(turnedSpace, TestContext.Current.CancellationToken)!;
        Assert.InRange(Math.Atan2(found.Normal.Y, found.Normal.X) - Math.Atan2(plane.Normal.Y, plane.Normal.X), Turn - 0.035, Turn + 0.035);
        Mask none = new(head.Geometry);
        MidlineShift before = MidlineShift.Of(head, space, plane, none, null, TestContext.Current.CancellationToken);
        MidlineShift after = MidlineShift.Of(turned, turnedSpace, found, none, null, TestContext.Current.CancellationToken);
        Assert.NotNull(after.Mm);
        Assert.InRange(Signed(after) - Signed(before), -1.5, 1.5);
    }

    private static double Signed(MidlineShift shift) =>
        shift.Mm!.Value * (shift.Towards == "right" ? -1 : 1);

    private static (Volume, IntracranialSpace, MidsagittalPlane) Load()
    {
        string[] files = Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm");
        Volume head = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken).Volume;
        IntracranialSpace space = IntracranialSpace.Find(head);
        return (head, space, MidsagittalPlane.Fit(space, TestContext.Current.CancellationToken)!);
    }

    private static Vector3 Middle(Mask space, int slice, MidsagittalPlane plane)
    {
        VolumeGeometry g = space.Geometry;
        Vector3[] inside = [.. Enumerable.Range(0, g.PixelsPerSlice).Where(i => space.Slice(slice)[i]).Select(i => g.ToPatient(i % g.Columns, i / g.Columns, slice))];
        Vector3 centre = inside.Aggregate(Vector3.Zero, (sum, at) => sum + at) / inside.Length;
        return centre - (float)plane.AsideMm(centre) * plane.Normal;
    }

    /// <summary>Turned about the slices' normal through the middle of the volume (on a tilted gantry no image's middle lies above another's).</summary>
    private static Volume Turned(Volume volume, double turn)
    {
        VolumeGeometry g = volume.Geometry;
        (double sin, double cos) = Math.SinCos(turn);
        Vector3 axis = g.ToPatient((g.Columns - 1) / 2.0, (g.Rows - 1) / 2.0, g.Slices / 2);
        short[] turned = new short[volume.Hounsfield.Length];
        for (int i = 0; i < turned.Length; i++)
        {
            Vector3 from = axis - g.Origins[i / g.PixelsPerSlice];
            double x0 = Vector3.Dot(from, g.RowDirection) / g.ColumnSpacingMm, y0 = Vector3.Dot(from, g.ColumnDirection) / g.RowSpacingMm;
            double x = i % g.Columns - x0, y = i / g.Columns % g.Rows - y0;
            int column = (int)Math.Round(cos * x + sin * y + x0), row = (int)Math.Round(-sin * x + cos * y + y0);
            turned[i] = column < 0 || row < 0 || column >= g.Columns || row >= g.Rows
                ? (short)-1000
                : volume.Hounsfield[i / g.PixelsPerSlice * g.PixelsPerSlice + row * g.Columns + column];
        }

        return new Volume(g, turned);
    }
}
