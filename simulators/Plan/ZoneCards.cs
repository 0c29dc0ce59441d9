namespace SmartCity.Simulators.Plan;

/// <summary>What stands on the cards of simulated zones: the shape of a real runbook, with Viet Nam's emergency numbers (113, 114, 115) and no person's.</summary>
internal static class ZoneCards
{
    /// <summary>Steps for the officer; null for what is only ground (a ward, the river).</summary>
    public static string? Runbook(string kind, string name) => IsGround(kind)
        ? null
        : $"""
          1. Gọi 114, đọc địa chỉ: {name}. Nói rõ số đầu báo đang tác động.
          2. Gọi bảo vệ tại chỗ, yêu cầu kiểm tra và sơ tán theo lối thoát gần nhất.
          3. Không tắt còi trước khi có người tại hiện trường xác nhận.
          4. Nếu có người bị thương: gọi 115.
          5. Hết cháy: ghi nguyên nhân rồi mới đặt lại báo cháy và đóng sự cố.
          """;

    /// <inheritdoc cref="Runbook"/>
    public static IReadOnlyList<RegistryFile.PhoneRow>? Phones(string kind) => IsGround(kind)
        ? null
        :
        [
            new("Cảnh sát PCCC và CNCH", "114", "chữa cháy, cứu nạn"),
            new("Cấp cứu", "115", "y tế"),
            new("Công an", "113", "an ninh, phân luồng"),
        ];

    private static bool IsGround(string kind) => kind is "ward" or "river";
}
