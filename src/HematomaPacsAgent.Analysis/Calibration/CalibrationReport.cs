namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>What calibration on labelled cases found.</summary>
/// <param name="Classes">In the package's order.</param>
/// <param name="Cases">All that were asked for.</param>
/// <param name="Refused">No head, or the segmentation model abstains.</param>
/// <param name="WithoutHematoma">Signs: cases without a hematoma, or without labels of signs.</param>
/// <param name="Missed">Signs: the segmentation found nothing that meets the hematoma, so no sign was asked for.</param>
/// <param name="Used">Cases of which at least one class took samples.</param>
public sealed record CalibrationReport(IReadOnlyList<ClassFit> Classes, int Cases, int Refused, int WithoutHematoma, int Missed, int Used);
