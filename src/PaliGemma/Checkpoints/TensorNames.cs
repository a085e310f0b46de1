namespace PaliGemma.Checkpoints;

/// <summary>
/// The names that Hugging Face's checkpoints have used. Published files and transformers up to 4.51 write <c>language_model.model.…</c>; later versions
/// write <c>model.language_model.…</c> (4.52, modeling_paligemma.py, <c>_checkpoint_conversion_mapping</c>).
/// </summary>
public static class TensorNames
{
    private static readonly (string From, string To)[] Renamed =
    [
        ("model.language_model.", "language_model.model."),
        ("model.vision_tower.", "vision_tower."),
        ("model.multi_modal_projector.", "multi_modal_projector."),
        ("lm_head.", "language_model.lm_head."),
    ];

    /// <summary>The published name of a tensor, given the name in any of the layouts.</summary>
    public static string Canonical(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach ((string from, string to) in Renamed)
        {
            if (name.StartsWith(from, StringComparison.Ordinal))
            {
                return string.Concat(to, name.AsSpan(from.Length));
            }
        }
        return name;
    }
}
