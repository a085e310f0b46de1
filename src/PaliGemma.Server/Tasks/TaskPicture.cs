using PaliGemma.Processing;

namespace PaliGemma.Server.Tasks;

/// <summary>What a task keeps of its picture until it is answered.</summary>
/// <param name="Width">The upright picture's width in pixels.</param>
/// <param name="Height">The upright picture's height in pixels.</param>
/// <param name="Inputs">What the model is shown.</param>
internal sealed record TaskPicture(int Width, int Height, PaliGemmaInputs Inputs);
