<?php
/**
 * Plugin Name:       Consent Platform
 * Description:       Asks visitors for consent, and holds the scripts and frames of other companies until they agree.
 * Version:           1.0.0
 * Requires at least: 6.3
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 *
 * @package ConsentPlatform
 */

namespace ConsentPlatform;

defined( 'ABSPATH' ) || exit;

const OPTION     = 'consent_platform';
const PAGE       = 'consent-platform';
const HANDLE     = 'consent-platform';
const CAPABILITY = 'manage_options';
const FIELDS     = array(
	'host'      => array( 'Service address', 'input', 'The address of your consent platform, such as https://consent.example.org' ),
	'widget_id' => array( 'Widget', 'input', 'The number of your widget.' ),
	'key'       => array( 'Public key', 'input', 'One of the public keys of your widget. Every visitor can see it.' ),
	'scripts'   => array( 'Scripts to hold', 'textarea', 'One per line: script handle = service slug' ),
	'frames'    => array( 'Frames to hold', 'textarea', 'One per line: host = service slug. A host includes its subdomains.' ),
);

add_action( 'admin_init', __NAMESPACE__ . '\register' );
add_action( 'admin_menu', __NAMESPACE__ . '\add_page' );
add_action( 'wp_enqueue_scripts', __NAMESPACE__ . '\enqueue_sdk', 0 );
add_action( 'wp_footer', __NAMESPACE__ . '\print_widget' );
add_filter( 'script_loader_tag', __NAMESPACE__ . '\hold_script', 99, 2 );
add_filter( 'wp_resource_hints', __NAMESPACE__ . '\drop_hints', 99 );
foreach ( array( 'the_content', 'render_block', 'embed_oembed_html', 'widget_text_content' ) as $consent_platform_filter ) {
	add_filter( $consent_platform_filter, __NAMESPACE__ . '\hold_frames', 99 );
}
register_uninstall_hook( __FILE__, __NAMESPACE__ . '\uninstall' );

/**
 * Return the stored settings, completed by defaults. The maps are handle or host => slugs.
 */
function settings(): array {
	$defaults = array(
		'host'      => '',
		'widget_id' => '',
		'key'       => '',
		'scripts'   => array(),
		'frames'    => array(),
	);
	$stored   = get_option( OPTION );
	return array_merge( $defaults, is_array( $stored ) ? $stored : array() );
}

/**
 * Whether a widget is set up. Without one the plugin holds nothing, because nothing would be released.
 */
function is_set_up(): bool {
	$settings = settings();
	return '' !== $settings['host'] && '' !== $settings['widget_id'] && '' !== $settings['key'];
}

/**
 * Whether the current output is for a visitor. Ajax requests of pages count, although they use an administration address.
 */
function is_holding(): bool {
	return is_set_up() && ! is_feed() && ( ! is_admin() || wp_doing_ajax() );
}

/**
 * Load the SDK before other scripts, without blocking the page.
 */
function enqueue_sdk(): void {
	if ( ! is_set_up() ) {
		return;
	}
	$source = settings()['host'] . '/sdk/dastra.js?key=' . rawurlencode( settings()['key'] );
	// No version: the service's headers control caching.
	wp_enqueue_script( HANDLE, $source, array(), null, array( 'strategy' => 'async' ) ); // phpcs:ignore WordPress.WP.EnqueuedResourceParameters
}

/**
 * Print the widget's element. The SDK takes its language from the page's lang attribute.
 */
function print_widget(): void {
	if ( is_set_up() ) {
		printf( '<div id="dastra-cookie-consent" data-widgetid="%s"></div>' . "\n", esc_attr( settings()['widget_id'] ) );
	}
}

/**
 * Turn a listed script, with the inline scripts around it, into its blocked form.
 *
 * @param string $tag    The HTML of the script.
 * @param string $handle Its registered handle.
 */
function hold_script( $tag, $handle ) {
	$slugs = settings()['scripts'][ $handle ] ?? '';
	if ( '' === $slugs || ! is_holding() ) {
		return $tag;
	}
	$html = new \WP_HTML_Tag_Processor( $tag );
	while ( $html->next_tag( 'SCRIPT' ) ) {
		$html->set_attribute( 'type', 'dastra/script' );
		$html->set_attribute( 'data-consent', $slugs );
		move_attribute( $html, 'src', 'data-src' );
	}
	return $html->get_updated_html();
}

/**
 * Turn the frames of listed hosts into their blocked form. Frames in blocked form stay unchanged.
 *
 * @param string $content HTML.
 */
function hold_frames( $content ) {
	if ( ! is_string( $content ) || false === stripos( $content, '<iframe' ) || ! is_holding() ) {
		return $content;
	}
	$html = new \WP_HTML_Tag_Processor( $content );
	while ( $html->next_tag( 'IFRAME' ) ) {
		$slugs = slugs_of( $html->get_attribute( 'src' ) );
		if ( '' !== $slugs ) {
			$html->set_attribute( 'data-consent', $slugs );
			move_attribute( $html, 'src', 'data-blocked-src' );
		}
	}
	return $html->get_updated_html();
}

/**
 * Drop hints that make browsers look up or connect to hosts with held scripts or frames.
 *
 * @param array $hints Addresses, or attributes with an href.
 */
function drop_hints( $hints ) {
	$hosts = held_hosts();
	$keep  = static function ( $hint ) use ( $hosts ) {
		$address = is_array( $hint ) ? ( $hint['href'] ?? '' ) : $hint;
		return '' === slugs_of( in_full( $address ) ) && ! in_array( host_of( in_full( $address ) ), $hosts, true );
	};
	return is_set_up() ? array_values( array_filter( $hints, $keep ) ) : $hints;
}

/**
 * Return the hosts of the held scripts.
 */
function held_hosts(): array {
	$registered = wp_scripts()->registered;
	$held       = array_intersect_key( $registered, settings()['scripts'] );
	return array_filter( array_map( static fn( $script ) => host_of( $script->src ), $held ) );
}

/**
 * Return the slugs of the services that the host of an address belongs to; empty if it is not listed.
 *
 * @param mixed $address An attribute's value: true if it has none, null if it is missing.
 */
function slugs_of( $address ): string {
	$host = host_of( $address );
	foreach ( settings()['frames'] as $listed => $slugs ) {
		if ( $host === $listed || str_ends_with( $host, '.' . $listed ) ) {
			return $slugs;
		}
	}
	return '';
}

/**
 * Return the host of an address in lower case; empty if it has none.
 *
 * @param mixed $address An attribute's value, or a script's source.
 */
function host_of( $address ): string {
	$host = is_string( $address ) ? wp_parse_url( trim( $address ), PHP_URL_HOST ) : '';
	return is_string( $host ) ? strtolower( $host ) : '';
}

/**
 * Complete a hint, which may be a bare host.
 *
 * @param string $address The host or address of a hint.
 */
function in_full( $address ): string {
	return false === strpos( $address, '//' ) ? '//' . $address : $address;
}

/**
 * Rename an attribute.
 *
 * @param \WP_HTML_Tag_Processor $html At a tag.
 * @param string                 $from The present name.
 * @param string                 $to   The new name.
 */
function move_attribute( $html, $from, $to ): void {
	$value = $html->get_attribute( $from );
	if ( is_string( $value ) ) {
		$html->set_attribute( $to, $value );
		$html->remove_attribute( $from );
	}
}

/**
 * Register the option. WordPress checks nonce and capability before it stores one.
 */
function register(): void {
	register_setting(
		PAGE,
		OPTION,
		array(
			'type'              => 'object',
			'sanitize_callback' => __NAMESPACE__ . '\sanitise',
		)
	);
	add_settings_section( 'widget', '', '__return_null', PAGE );
	foreach ( FIELDS as $name => list( $title ) ) {
		$arguments = array(
			'name'      => $name,
			'label_for' => OPTION . '-' . $name,
		);
		add_settings_field( $name, $title, __NAMESPACE__ . '\print_field', PAGE, 'widget', $arguments );
	}
}

/**
 * Add the page under Settings.
 */
function add_page(): void {
	add_options_page( 'Consent Platform', 'Consent Platform', CAPABILITY, PAGE, __NAMESPACE__ . '\print_page' );
}

/**
 * Print the settings page.
 */
function print_page(): void {
	if ( ! current_user_can( CAPABILITY ) ) {
		return;
	}
	echo '<div class="wrap"><h1>' . esc_html( get_admin_page_title() ) . '</h1><form method="post" action="options.php">';
	settings_fields( PAGE );
	do_settings_sections( PAGE );
	submit_button();
	echo '</form></div>';
}

/**
 * Print one field of the form.
 *
 * @param array $arguments Its name, and the id that its label points at.
 */
function print_field( $arguments ): void {
	list( , $kind, $help ) = FIELDS[ $arguments['name'] ];
	$value                 = settings()[ $arguments['name'] ];
	$form                  = 'textarea' === $kind
		? '<textarea id="%1$s" name="%2$s" class="large-text code" rows="5">%3$s</textarea>'
		: '<input id="%1$s" name="%2$s" class="regular-text code" type="text" value="%3$s">';
	printf(
		$form . '<p class="description">%4$s</p>', // phpcs:ignore WordPress.Security.EscapeOutput -- two literals.
		esc_attr( $arguments['label_for'] ),
		esc_attr( OPTION . '[' . $arguments['name'] . ']' ),
		'textarea' === $kind ? esc_textarea( lines( $value ) ) : esc_attr( $value ),
		esc_html( $help )
	);
}

/**
 * Return a map in the form that users type.
 *
 * @param array $map Handle or host => slugs.
 */
function lines( $map ): string {
	return implode( "\n", array_map( static fn( $name, $slugs ) => $name . ' = ' . $slugs, array_keys( $map ), $map ) );
}

/**
 * Accept valid values. For an invalid one, report an error and keep the earlier value.
 *
 * @param mixed $typed The form, or a value passed to update_option.
 */
function sanitise( $typed ): array {
	$typed  = is_array( $typed ) ? $typed : array();
	$taken  = settings();
	$checks = array(
		'host'      => __NAMESPACE__ . '\origin',
		'widget_id' => static fn( $value ) => matching( $value, '/^[1-9][0-9]{0,14}$/' ),
		'key'       => static fn( $value ) => matching( $value, '/^[A-Za-z0-9_-]{8,64}$/' ),
		'scripts'   => static fn( $value ) => map( $value, '/^[^\s=]+$/' ),
		'frames'    => static fn( $value ) => map( $value, '/^[a-z0-9-]+(\.[a-z0-9-]+)+$/' ),
	);
	foreach ( $checks as $name => $check ) {
		$checked = $check( $typed[ $name ] ?? $taken[ $name ] );
		if ( null === $checked ) {
			add_settings_error( OPTION, $name, sprintf( '%s: the value is invalid and was not saved.', FIELDS[ $name ][0] ) );
		} else {
			$taken[ $name ] = $checked;
		}
	}
	return $taken;
}

/**
 * Return the origin of the service; null if it is invalid. Plain http is allowed for tests on one machine.
 *
 * @param mixed $typed The typed value.
 */
function origin( $typed ): ?string {
	$typed = is_string( $typed ) ? strtolower( rtrim( trim( $typed ), '/' ) ) : null;
	return matching( $typed, '~^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?$~' );
}

/**
 * Return a text of the shape, or an empty one; null for anything else.
 *
 * @param mixed  $typed The typed value.
 * @param string $shape A regular expression.
 */
function matching( $typed, $shape ): ?string {
	$typed = is_string( $typed ) ? trim( $typed ) : null;
	return '' === $typed || ( null !== $typed && preg_match( $shape, $typed ) ) ? $typed : null;
}

/**
 * Return lines of "name = slug" as a map; null if a line is invalid. Several slugs mean that all need consent.
 *
 * @param mixed  $typed The typed lines, or a stored map.
 * @param string $shape A regular expression for the names.
 */
function map( $typed, $shape ): ?array {
	$map = array();
	foreach ( preg_split( '/\R/', is_array( $typed ) ? lines( $typed ) : (string) $typed, -1, PREG_SPLIT_NO_EMPTY ) as $line ) {
		list( $name, $slugs ) = array_map( 'trim', explode( '=', $line, 2 ) + array( '', '' ) );
		if ( '' === $name . $slugs ) {
			continue;
		}
		if ( ! preg_match( $shape, $name ) || ! preg_match( '/^[a-z0-9][a-z0-9._-]{0,63}( [a-z0-9][a-z0-9._-]{0,63})*$/', $slugs ) ) {
			return null;
		}
		$map[ $name ] = $slugs;
	}
	return $map;
}

/**
 * Delete the option on all sites of a network.
 */
function uninstall(): void {
	$sites = is_multisite() ? get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) : array(); // phpcs:ignore WordPress.Arrays
	foreach ( $sites as $site ) {
		delete_blog_option( $site, OPTION );
	}
	delete_option( OPTION );
}
