using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace HematomaPacsAgent.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "instance",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    sop_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    sop_class_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    series_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    study_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    transfer_syntax_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    sha256 = table.Column<string>(type: "character(64)", fixedLength: true, maxLength: 64, nullable: false),
                    spool_path = table.Column<string>(type: "text", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    calling_ae = table.Column<string>(type: "text", nullable: false),
                    called_ae = table.Column<string>(type: "text", nullable: false),
                    peer_address = table.Column<string>(type: "text", nullable: false),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_instance", x => x.id);
                    table.CheckConstraint("ck_instance_bytes", "bytes >= 0");
                });

            migrationBuilder.CreateTable(
                name: "job",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    study_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'available'"),
                    attempt = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    max_attempts = table.Column<int>(type: "integer", nullable: false),
                    scheduled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    attempted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempted_by = table.Column<string>(type: "text", nullable: true),
                    lease_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    stage = table.Column<string>(type: "text", nullable: true),
                    progress = table.Column<double>(type: "double precision", nullable: false, defaultValue: 0.0),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    analysis_reason = table.Column<string>(type: "text", nullable: true),
                    input_digest = table.Column<string>(type: "text", nullable: true),
                    findings = table.Column<string>(type: "jsonb", nullable: true),
                    objects = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    errors = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'"),
                    supersedes_job_id = table.Column<long>(type: "bigint", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    analysed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finalized_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_job", x => x.id);
                    table.CheckConstraint("ck_job_analysed", "state not in ('delivering', 'completed') or (analysed_at is not null and outcome is not null)");
                    table.CheckConstraint("ck_job_attempt", "attempt between 0 and max_attempts");
                    table.CheckConstraint("ck_job_finalized", "(state in ('completed', 'discarded', 'cancelled')) = (finalized_at is not null)");
                    table.CheckConstraint("ck_job_lease", "(state = 'running') = (lease_expires_at is not null)");
                    table.CheckConstraint("ck_job_outcome", "outcome in ('hematoma', 'no-hematoma', 'not-eligible', 'failed')");
                    table.CheckConstraint("ck_job_progress", "progress between 0 and 1");
                    table.CheckConstraint("ck_job_said_why", "state not in ('completed', 'discarded', 'cancelled') or reason is not null");
                    table.CheckConstraint("ck_job_state", "state in ('available', 'running', 'retryable', 'delivering', 'completed', 'discarded', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_job_supersedes",
                        column: x => x.supersedes_job_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "rejected_instance",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    study_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true),
                    sop_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    status_code = table.Column<int>(type: "integer", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    calling_ae = table.Column<string>(type: "text", nullable: false),
                    peer_address = table.Column<string>(type: "text", nullable: false),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rejected_instance", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "delivery",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    job_id = table.Column<long>(type: "bigint", nullable: false),
                    destination = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    sop_instance_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    sop_class_uid = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    path = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    attempt = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    refusals = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    queued_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    next_attempt_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    attempted_by = table.Column<string>(type: "text", nullable: true),
                    lease_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_error = table.Column<string>(type: "text", nullable: true),
                    status_code = table.Column<int>(type: "integer", nullable: true),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_delivery", x => x.id);
                    table.CheckConstraint("ck_delivery_lease", "(state = 'sending') = (lease_expires_at is not null)");
                    table.CheckConstraint("ck_delivery_said_why", "state <> 'failed' or last_error is not null");
                    table.CheckConstraint("ck_delivery_sent", "(state = 'sent') = (sent_at is not null)");
                    table.CheckConstraint("ck_delivery_state", "state in ('pending', 'sending', 'sent', 'failed', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_delivery_job",
                        column: x => x.job_id,
                        principalTable: "job",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_delivery_due",
                table: "delivery",
                columns: new[] { "next_attempt_at", "id" },
                filter: "state in ('pending', 'sending')");

            migrationBuilder.CreateIndex(
                name: "ix_delivery_job",
                table: "delivery",
                column: "job_id");

            migrationBuilder.CreateIndex(
                name: "ux_delivery_instance",
                table: "delivery",
                columns: new[] { "destination", "sop_instance_uid" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_instance_study",
                table: "instance",
                column: "study_instance_uid");

            migrationBuilder.CreateIndex(
                name: "ux_instance_content",
                table: "instance",
                columns: new[] { "sop_instance_uid", "sha256" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ux_instance_spool_path",
                table: "instance",
                column: "spool_path",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_job_due",
                table: "job",
                columns: new[] { "scheduled_at", "id" },
                filter: "state in ('available', 'retryable')");

            migrationBuilder.CreateIndex(
                name: "ix_job_lease",
                table: "job",
                column: "lease_expires_at",
                filter: "state = 'running'");

            migrationBuilder.CreateIndex(
                name: "ix_job_study",
                table: "job",
                columns: new[] { "study_instance_uid", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_job_supersedes",
                table: "job",
                column: "supersedes_job_id");

            migrationBuilder.CreateIndex(
                name: "ux_job_running",
                table: "job",
                column: "study_instance_uid",
                unique: true,
                filter: "state in ('running', 'retryable')");

            migrationBuilder.CreateIndex(
                name: "ux_job_waiting",
                table: "job",
                column: "study_instance_uid",
                unique: true,
                filter: "state = 'available'");

            migrationBuilder.CreateIndex(
                name: "ix_rejected_instance_received",
                table: "rejected_instance",
                column: "received_at");

            migrationBuilder.CreateIndex(
                name: "ix_rejected_instance_study",
                table: "rejected_instance",
                column: "study_instance_uid");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "delivery");

            migrationBuilder.DropTable(
                name: "instance");

            migrationBuilder.DropTable(
                name: "rejected_instance");

            migrationBuilder.DropTable(
                name: "job");
        }
    }
}
