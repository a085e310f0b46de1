using PaliGemma.Tasks;

namespace PaliGemma.Evaluation;

/// <summary>A text to write into a picture, in place of what is there.</summary>
/// <param name="Place">Where; it becomes white.</param>
/// <param name="Text">What to write there in black.</param>
public sealed record PictureText(PixelBox Place, string Text);
