using System.Numerics;
using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Measurements;

public sealed class MidlineTests
{
    // None of these seeds was looked at while constants were chosen.
    [Theory]
    [InlineData(301, 0)]
    [InlineData(302, -30)]
    [InlineData(303, 30)]
    [InlineData(304, 14)]
    public void The_midsagittal_plane_of_a_turned_head_off_the_middle_is_found(int seed, double turnDegrees)
    {
        PhantomSpecification head = Head(seed, turnDegrees) with { Pose = (9, -7, (float)(turnDegrees * Math.PI / 180)) };
        MidsagittalPlane plane = Fit(HeadPhantom.Render(head).Volume).Plane;
        MidsagittalPlane truth = Truth(head);
        Assert.InRange(Vector3.Dot(plane.Normal, truth.Normal), Math.Cos(3 * Math.PI / 180), 1.0001);
        Assert.InRange(plane.AsideMm(new Vector3(9, -7, 8)), -1, 1);
        Assert.InRange(plane.MismatchMm, 0, 1.5);
    }

    [Fact]
    public void A_head_that_leans_to_a_shoulder_is_mirrored_along_a_leaning_plane()
    {
        PhantomSpecification head = Head(305, 0);
        Volume upright = HeadPhantom.Render(head).Volume;
        VolumeGeometry g = upright.Geometry;
        double lean = 8 * Math.PI / 180;
        // The patient leans, the grid does not: each row of a leaning head is read at another height.
        Mask leaning = new(g);
        Mask space = IntracranialSpace.Find(upright).Mask;
        for (int i = 0; i < leaning.Voxels.Length; i++)
        {
            int slice = i / g.PixelsPerSlice, row = i % g.PixelsPerSlice / g.Columns;
            Vector3 at = g.ToPatient(i % g.Columns, row, slice);
            double x = Math.Cos(lean) * at.X + Math.Sin(lean) * at.Z, z = -Math.Sin(lean) * at.X + Math.Cos(lean) * at.Z;
            int from = (int)Math.Round((z - g.Origins[0].Z) / g.MedianSliceSpacingMm), column = (int)Math.Round((x - g.Origins[0].X) / g.ColumnSpacingMm);
            leaning.Voxels[i] = from >= 0 && from < g.Slices && column >= 0 && column < g.Columns
                && space.Voxels[(from * g.Rows + row) * g.Columns + column];
        }

        MidsagittalPlane plane = MidsagittalPlane.Fit(new IntracranialSpace(leaning, ""), CancellationToken.None)!;
        Assert.InRange(Math.Asin(plane.Normal.Z) * 180 / Math.PI, 6, 10);
    }

    [Fact]
    public void Heads_without_mass_effect_have_no_shift_and_most_are_told()
    {
        double[] turnsDegrees = [0, 25, -12, 5, -28, 0];
        MidlineShift[] shifts = [.. turnsDegrees.Select((turn, i) => Measure(HeadPhantom.Render(Head(311 + i, turn)).Volume))];
        Assert.All(shifts, shift => Assert.InRange(shift.Mm ?? 0, 0, 1.7));
        Assert.InRange(shifts.Count(shift => shift.Mm is not null), 5, 6);
    }

    [Theory]
    [InlineData(321, 0, 4)]
    [InlineData(322, 20, -7)]
    [InlineData(323, -30, 10)]
    [InlineData(324, 8, -12)]
    [InlineData(325, 0, 6)]
    [InlineData(326, -15, -9)]
    public void A_brain_pushed_aside_by_a_known_distance_is_measured_within_two_millimetres_or_a_fifth(int seed, double turnDegrees, double leftMm)
    {
        PhantomSpecification head = Head(seed, turnDegrees);
        Volume straight = HeadPhantom.Render(head).Volume;
        Vector3 middle = new(head.Pose.X, head.Pose.Y, 8);
        Volume pushed = DisplacedBrain.Of(straight, IntracranialSpace.Find(straight).Mask, Truth(head), middle, leftMm);
        MidlineShift shift = Measure(pushed);
        Assert.NotNull(shift.Mm);
        double allowedMm = Math.Max(2, 0.2 * Math.Abs(leftMm));
        Assert.InRange(shift.Mm.Value, Math.Abs(leftMm) - allowedMm, Math.Abs(leftMm) + allowedMm);
        Assert.Equal(leftMm > 0 ? "left" : "right", shift.Towards);
    }

    [Fact]
    public void A_brain_that_shows_nothing_to_go_by_has_no_shift_and_says_so()
    {
        Volume head = HeadPhantom.Render(Head(331, 0)).Volume;
        Mask inside = IntracranialSpace.Find(head).Mask;
        Random noise = new(3);
        short[] flat = [.. head.Hounsfield.Select((hu, i) => inside.Voxels[i] ? (short)(32 + noise.Next(-6, 7)) : hu)];
        MidlineShift shift = Measure(new Volume(head.Geometry, flat));
        Assert.Null(shift.Mm);
        Assert.Null(shift.Slice);
        Assert.InRange(shift.Reliability, 0, MidlineShift.LeastReliability);
        Assert.Contains(shift.Doubts, doubt => doubt.Contains("show little", StringComparison.Ordinal));
    }

    [Fact]
    public void Blood_in_the_ventricles_and_blood_over_the_midline_lower_the_reliability()
    {
        Volume head = HeadPhantom.Render(Head(332, 0)).Volume;
        IntracranialSpace space = IntracranialSpace.Find(head);
        MidsagittalPlane plane = MidsagittalPlane.Fit(space, CancellationToken.None)!;
        Mask none = new(head.Geometry), middle = new(head.Geometry), some = new(head.Geometry);
        some.Voxels[some.Voxels.Length / 2] = true;
        for (int i = 0; i < middle.Voxels.Length; i++) middle.Voxels[i] = space.Mask.Voxels[i] && Math.Abs(plane.AsideMm(At(head.Geometry, i))) < 30;
        double clear = MidlineShift.Of(head, space, plane, none, null, CancellationToken.None).Reliability;
        Assert.True(MidlineShift.Of(head, space, plane, none, some, CancellationToken.None).Reliability < 0.7 * clear);
        Assert.Null(MidlineShift.Of(head, space, plane, middle, null, CancellationToken.None).Mm);
    }

    [Fact]
    public void Without_a_skull_there_is_no_midline()
    {
        VolumeGeometry grid = ComponentsTests.Grid(64, 64, 10);
        Volume air = new(grid, new short[64 * 64 * 10]);
        IntracranialSpace space = new(new Mask(grid), "nothing");
        Assert.Null(MidsagittalPlane.Fit(space, CancellationToken.None));
        MidlineShift shift = MidlineShift.Of(air, space, null, new Mask(grid), null, CancellationToken.None);
        Assert.Equal((null, 0), (shift.Mm, shift.Reliability));
    }

    private static PhantomSpecification Head(int seed, double turnDegrees)
    {
        PhantomSpecification head = PhantomSpecification.FromSeed(seed, 192);
        return head with { Hematoma = null, Atrophy = Math.Max(1, head.Atrophy), Pose = (head.Pose.X, head.Pose.Y, (float)(turnDegrees * Math.PI / 180)) };
    }

    private static MidsagittalPlane Truth(PhantomSpecification head)
    {
        (float sin, float cos) = MathF.SinCos(head.Pose.Turn);
        return new MidsagittalPlane(new Vector3(cos, sin, 0), cos * head.Pose.X + sin * head.Pose.Y, 0, 0);
    }

    private static (IntracranialSpace Space, MidsagittalPlane Plane) Fit(Volume head)
    {
        IntracranialSpace space = IntracranialSpace.Find(head);
        return (space, MidsagittalPlane.Fit(space, CancellationToken.None)!);
    }

    private static MidlineShift Measure(Volume head)
    {
        (IntracranialSpace space, MidsagittalPlane plane) = Fit(head);
        return MidlineShift.Of(head, space, plane, new Mask(head.Geometry), null, CancellationToken.None);
    }

    private static Vector3 At(VolumeGeometry g, int voxel) =>
        g.ToPatient(voxel % g.Columns, voxel % g.PixelsPerSlice / g.Columns, voxel / g.PixelsPerSlice);
}
